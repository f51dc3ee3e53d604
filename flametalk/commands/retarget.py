"""`flametalk retarget`: a clip's motion on another head."""

import argparse

from .options import add_clip, add_command, add_layout


def add(commands) -> None:
    parser = add_command(
        commands,
        "retarget",
        run,
        "Carry the motion of a clip over to another head, and say what was kept.",
        "flametalk retarget clip.npz --to flame2020 -o flame.npz",
    )
    add_clip(parser)
    parser.add_argument(
        "--to", required=True, metavar="NAME|FILE", help="the head, such as builtin or flame2020"
    )
    parser.add_argument("-o", "--output", required=True, metavar="FILE", help=".npz or .safetensors")
    add_layout(parser)
    parser.add_argument("--source", metavar="NAME|FILE", help="default: the head the clip was made for")


def run(options: argparse.Namespace) -> None:
    from ..clip import Clip
    from ..head import Head
    from ..motion.retarget import retarget
    from ..motion.retarget_report import measure_retarget

    clip = Clip.load(options.clip, options.layout)
    source = Head.load(options.source or clip.made_for)
    to = Head.load(options.to)
    result = retarget(clip, to, source)
    result.save(options.output)
    print(f"wrote {options.output}: {source.name} to {to.name}")
    if to is not source:
        print("\n".join(measure_retarget(clip, result, to, source).lines()))
