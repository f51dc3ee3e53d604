"""`flametalk compare`: clips side by side."""

import argparse
from pathlib import Path

from ..errors import InputError
from .options import add_command, add_picture_options, picture_options


def add(commands) -> None:
    parser = add_command(
        commands,
        "compare",
        run,
        "Put several clips side by side in one labelled video.",
        "flametalk compare truth.npz ours.npz -o side_by_side.mp4",
    )
    parser.add_argument("clips", nargs="+", metavar="CLIP")
    parser.add_argument("-o", "--output", required=True, metavar="FILE", help="x.mp4, with the first sound")
    parser.add_argument("--labels", metavar="A,B,…", help="default: the file names")
    add_picture_options(parser)


def run(options: argparse.Namespace) -> None:
    from ..clip import Clip
    from ..film import compare

    clips = [Clip.load(path) for path in options.clips]
    labels = options.labels.split(",") if options.labels else [Path(path).stem for path in options.clips]
    if len(labels) != len(clips):
        raise InputError(f"{len(labels)} labels for {len(clips)} clips")
    compare(list(zip(labels, clips, strict=True)), options.output, **picture_options(options))
    print(f"wrote {options.output}")
