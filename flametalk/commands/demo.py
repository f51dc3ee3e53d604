"""`flametalk demo`: a spoken sentence becomes a talking head; or the reel, all that the head can do."""

import argparse
import time
from pathlib import Path

from .options import add_command

MOMENTS = 10  # of the picture strip


def add(commands) -> None:
    parser = add_command(
        commands, "demo", run, "Make a talking head of a spoken sentence.", "flametalk demo -o out"
    )
    parser.add_argument("-o", "--output", type=Path, default=Path("out"), metavar="DIR", help="default: out")
    parser.add_argument("--seed", type=int, default=7, help="head, brows, blinks; default: %(default)s")
    parser.add_argument(
        "--reel", action="store_true", help="the reel instead: speech shapes, emotions, glances, people"
    )
    parser.add_argument("--quiet", action="store_true", help="no progress bar")


def run(options: argparse.Namespace) -> None:
    from ..film import picture_strip
    from ..head import Head

    head, folder = Head.load(), options.output
    print(f"head       {head.name}: {head.n_vertices:,} vertices, made by scripts/build_head")
    clip = _reel(head, options.seed) if options.reel else _talk(folder, options.seed)
    clip.save(folder / "demo.npz")
    begin = time.perf_counter()
    clip.render(folder / "demo.mp4", head=head, view="front", progress=not options.quiet)
    picture_strip(clip, folder / "demo.png", head=head, times=_moments(clip, head))
    print(f"rendering  {time.perf_counter() - begin:.1f} s")
    for name, what in (
        ("demo.mp4", f"{clip.duration:.0f} s of video with sound"),
        ("demo.npz", f"its {clip.n_frames} frames of FLAME-style parameters"),
        ("demo.png", "a picture strip"),
    ):
        print(f"wrote      {folder / name}: {what}")


def _moments(clip, head):
    """Ten moments of the clip: in turn the mouth at its widest and at its narrowest thereabouts."""
    import numpy as np

    from ..metrics import mouth_aperture

    parts = np.array_split(np.arange(clip.n_frames), MOMENTS + 2)[1:-1]
    opening = mouth_aperture(clip, head)
    extremes = [(np.argmin, np.argmax)[k % 2 == 0](opening[part]) for k, part in enumerate(parts)]
    return clip.times[[part[at] for part, at in zip(parts, extremes, strict=True)]]


def _talk(folder: Path, seed: int):  # a Clip, whose import is not needed for --help
    """From the sentence to a sound file, and from that file and its transcript to a clip."""
    from ..api import animate
    from ..audio.decode import write_wav
    from ..reel.sentence import TEXT, speak_sentence

    path = folder / "speech.wav"
    folder.mkdir(parents=True, exist_ok=True)
    write_wav(speak_sentence(), path)
    clip = animate(path, text=TEXT, seed=seed)
    story = clip.provenance
    print(f'speech     {path}: "{TEXT}" (formant voice, no speech model)')
    for part, what in story["features"].items():
        print(f"{part:<10} {what}")
    weights = f", {story['weights']}" if "weights" in story else ", no learned weights"
    print(f"motion     {story['generator']}{weights}, seed {seed}")
    print(
        "took       " + ", ".join(f"{stage} {seconds:.2f} s" for stage, seconds in story["seconds"].items())
    )
    return clip


def _reel(head, seed: int):
    from ..reel import make_reel

    print("motion     hand-written score, formant voice (no speech model, no generator)")
    return make_reel(head, seed)
