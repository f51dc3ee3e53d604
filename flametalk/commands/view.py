"""`flametalk view`: a clip as a page that plays in any browser."""

import argparse
from pathlib import Path

from .options import LOOKS, add_command


def add(commands) -> None:
    parser = add_command(
        commands,
        "view",
        run,
        "Make a page that plays a clip in any browser: one file, no network.",
        "flametalk view clip.npz -o talk.html",
    )
    parser.add_argument("clip", metavar="CLIP", help="any clip file or folder")
    parser.add_argument(
        "-o", "--output", type=Path, metavar="FILE", help="default: beside the clip, ending in .html"
    )
    parser.add_argument("--layout", metavar="NAME", help="of the clip, where the file does not tell")
    parser.add_argument("--head", metavar="NAME|FILE", help="default: the head the clip was made for")
    parser.add_argument("--look", default="skin", metavar="NAME", help=LOOKS)
    parser.add_argument("--open", action="store_true", help="show it in the browser at once")


def run(options: argparse.Namespace) -> None:
    from ..clip import Clip
    from ..errors import InputError
    from ..head import Head
    from ..web.page import write_page

    source = Path(options.clip)
    target = options.output or source.with_suffix(".html")
    if target.suffix.lower() not in (".html", ".htm"):
        raise InputError(f"'{target.name}' is no page: give it the ending .html")
    clip = Clip.load(options.clip, options.layout)
    head = None if options.head is None else Head.load(options.head)
    write_page(clip, target, head, options.look, title=source.name)
    print(
        f"wrote {target}: {target.stat().st_size / 1e6:.1f} MB, {clip.duration:.1f} s; open it in a browser"
    )
    if options.open:
        import webbrowser

        webbrowser.open(target.resolve().as_uri())
