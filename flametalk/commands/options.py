"""What commands share: how one is added, the clip they read, and the options of everything that draws."""

import argparse
from typing import TYPE_CHECKING, Any

from ..conventions import USUAL_VIEW

if TYPE_CHECKING:
    from ..head import Head

VIEWS = "front, portrait, three-quarter, profile, back, above, below; default: %(default)s"
MODES = "shaded, depth, normals, wire, mask, uv; default: %(default)s"
LOOKS = (
    "skin, clay, porcelain, light, medium, tan, brown, deep; with short hair: light-cropped and so on; "
    "default: %(default)s"
)


def add_command(commands, name, run, text, example):
    parser = commands.add_parser(
        name,
        help=text[0].lower() + text[1:],
        description=text,
        epilog=f"example: {example}",
        allow_abbrev=False,
    )
    parser.set_defaults(run=run)
    return parser


def add_clip(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("clip", metavar="CLIP", help="any clip file or folder")


def add_layout(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--layout", metavar="NAME", help="of the clip, where the file does not tell")


def add_head(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--head", metavar="NAME|FILE", help="default: the head the clip was made for")


def add_look(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--look", default="skin", metavar="NAME", help=LOOKS)


def add_picture_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--view", default=USUAL_VIEW, metavar="NAME", help=VIEWS)
    parser.add_argument("--mode", default="shaded", metavar="NAME", help=MODES)
    add_look(parser)
    parser.add_argument("--size", type=size_of, default=(512, 512), metavar="N|WxH", help="default: 512")
    add_head(parser)
    parser.add_argument("--quiet", action="store_true", help="no progress bar")


def chosen_head(options: argparse.Namespace) -> "Head | None":
    """The head that is named; None leaves it to the clip."""
    from ..head import Head

    return None if options.head is None else Head.load(options.head)


def picture_options(options: argparse.Namespace) -> dict[str, Any]:
    """What `add_picture_options` asked, as arguments of `film.render_clip` and `film.compare`."""
    return {
        "head": chosen_head(options),
        "view": options.view,
        "mode": options.mode,
        "look": options.look,
        "size": options.size,
        "progress": not options.quiet,
    }


def size_of(text: str) -> tuple[int, int]:
    try:
        numbers = [int(part) for part in text.lower().split("x")]
    except ValueError:
        numbers = []
    if len(numbers) not in (1, 2) or not all(16 <= n <= 8192 for n in numbers):
        raise argparse.ArgumentTypeError(f"'{text}' is no size: say 512 or 1280x720, 16 to 8192 a side")
    return numbers[0], numbers[-1]
