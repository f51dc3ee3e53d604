"""`flametalk demo`: the demo reel."""

import argparse
from pathlib import Path

from .options import add_command


def add(commands) -> None:
    parser = add_command(commands, "demo", run, "Make the demo reel.", "flametalk demo -o out")
    parser.add_argument("-o", "--output", type=Path, default=Path("out"), metavar="DIR", help="default: out")
    parser.add_argument("--seed", type=int, default=7, help="which people appear; default: %(default)s")
    parser.add_argument("--quiet", action="store_true", help="no progress bar")


def run(options: argparse.Namespace) -> None:
    from ..film import picture_strip
    from ..head import Head
    from ..reel import make_reel

    head = Head.load()
    clip = make_reel(head, options.seed)
    folder = options.output
    clip.save(folder / "demo.npz")
    clip.render(folder / "demo.mp4", head=head, view="front", progress=not options.quiet)
    picture_strip(clip, folder / "demo.png", head=head)
    print(f"head    {head.name}: {head.n_vertices:,} vertices, made by scripts/build_head")
    print("motion  hand-written score, formant voice (no speech model ran)")
    for name, what in (
        ("demo.mp4", f"{clip.duration:.0f} s of video with sound"),
        ("demo.npz", f"its {clip.n_frames} frames of FLAME-style parameters"),
        ("demo.png", "a picture strip"),
    ):
        print(f"wrote   {folder / name}: {what}")
