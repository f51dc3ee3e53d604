"""`flametalk animate`: speech in, a talking head out."""

import argparse
from pathlib import Path

from ..errors import InputError
from .control import add_control_options, story, wishes
from .options import add_command, add_picture_options, picture_options


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
    add_control_options(parser)
    parser.add_argument(
        "--generator",
        metavar="NAME|FILE",
        help="performer (rules), builtin (learned), x.safetensors of `flametalk train`",
    )
    parser.add_argument("--steps", type=int, metavar="N", help="of a learned generator's solver")
    parser.add_argument("--shape", metavar="CLIP", help="a clip whose identity speaks")
    parser.add_argument("--image", metavar="PHOTO", help="a photo of who speaks (extra 'lift')")
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
        shape=options.shape,
        image=options.image,
        steps=options.steps,
        progress=not options.quiet,
        camera=options.camera,
        **({} if options.generator is None else {"generator": options.generator}),
        **wishes(options),
    )
    begin = time.perf_counter()
    if ending in clips:
        clip.save(options.output)
    else:
        clip.render(options.output, **picture_options(options))
    told = clip.provenance
    took = told["seconds"] | {"writing": time.perf_counter() - begin}
    print(f"speech     {options.speech}: {clip.duration:.1f} s, {clip.n_frames} frames")
    for part, what in told["features"].items():
        print(f"{part:<10} {what}")
    print(f"generator  {told['generator']}; weights: {told['weights']}; seed {told['seed']}")
    if "rules" in told:
        print(f"by rule    {told['rules']}")
    if options.camera is not None:
        print(f"camera     {options.camera}")
    for line in story(clip):
        print(line)
    print("took       " + ", ".join(f"{stage} {seconds:.2f} s" for stage, seconds in took.items()))
    print(f"wrote      {options.output}")
