"""`flametalk animate`: speech in, a talking head out."""

import argparse
from pathlib import Path

from ..errors import InputError
from .options import add_command, add_picture_options


def add(commands) -> None:
    parser = add_command(
        commands,
        "animate",
        run,
        "Make a talking head of a speech file.",
        "flametalk animate speech.wav -o talk.mp4",
    )
    parser.add_argument("speech", metavar="SPEECH", help="any audio or video file")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FILE", help="x.mp4 or x.npz")
    parser.add_argument("--text", metavar="TRANSCRIPT", help="what is said, in English: sharpens the lips")
    parser.add_argument("--seed", type=int, default=0, help="head, brows, blinks; default: %(default)s")
    parser.add_argument(
        "--emotion", metavar="NAME", help="happy, sad, angry, fear, disgust, surprise, contempt"
    )
    parser.add_argument("--intensity", type=float, default=1.0, metavar="X", help="0 to 1.5; default: 1")
    parser.add_argument("--shape", metavar="CLIP", help="a clip whose identity speaks")
    add_picture_options(parser)


def run(options: argparse.Namespace) -> None:
    import time

    from ..api import animate
    from ..film import PICTURES, VIDEOS

    ending = options.output.suffix.lower()
    clips = (".npz", ".safetensors")
    if ending not in (*VIDEOS, *PICTURES, *clips):
        raise InputError(
            f"'{options.output.name}' has no known ending: say x.mp4 for a video, x.npz for a clip"
        )
    clip = animate(
        options.speech,
        text=options.text,
        seed=options.seed,
        emotion=options.emotion,
        intensity=options.intensity,
        shape=options.shape,
    )
    begin = time.perf_counter()
    if ending in clips:
        clip.save(options.output)
    else:
        clip.render(
            options.output,
            view=options.view,
            mode=options.mode,
            look=options.look,
            size=options.size,
            progress=not options.quiet,
        )
    story = clip.provenance
    took = story["seconds"] | {"writing": time.perf_counter() - begin}
    print(f"speech     {options.speech}: {clip.duration:.1f} s, {clip.n_frames} frames")
    for part, what in story["features"].items():
        print(f"{part:<10} {what}")
    print(f"generator  {story['generator']}, no learned weights, seed {story['seed']}")
    print("took       " + ", ".join(f"{stage} {seconds:.2f} s" for stage, seconds in took.items()))
    print(f"wrote      {options.output}")
