"""`flametalk convert`: from one clip layout to another."""

import argparse

from .options import add_command


def add(commands) -> None:
    parser = add_command(
        commands,
        "convert",
        run,
        "Read a clip in one layout and write it in another.",
        "flametalk convert clip.npz -o coefficients.npz --to diffposetalk",
    )
    parser.add_argument("clip", metavar="CLIP")
    parser.add_argument("-o", "--output", required=True, metavar="FILE")
    parser.add_argument("--layout", metavar="NAME", help="of the input, where the file does not tell")
    parser.add_argument("--to", metavar="NAME", help="layout to write; default: by the ending of the file")
    parser.add_argument("--lossy", action="store_true", help="leave out what the layout cannot hold")


def run(options: argparse.Namespace) -> None:
    from ..formats import read_clip, write_clip

    write_clip(read_clip(options.clip, options.layout), options.output, options.to, lossy=options.lossy)
    print(f"wrote {options.output}")
