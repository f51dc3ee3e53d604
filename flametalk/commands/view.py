"""`flametalk view`: a clip as a page that plays in any browser."""

import argparse
from pathlib import Path

from .options import add_clip, add_command, add_head, add_layout, add_look, chosen_head


def add(commands) -> None:
    parser = add_command(
        commands,
        "view",
        run,
        "Make a page that plays a clip in any browser: one file, no network.",
        "flametalk view clip.npz -o talk.html",
    )
    add_clip(parser)
    parser.add_argument(
        "-o", "--output", type=Path, metavar="FILE", help="default: beside the clip, ending in .html"
    )
    add_layout(parser)
    add_head(parser)
    add_look(parser)
    parser.add_argument("--open", action="store_true", help="show it in the browser at once")


def run(options: argparse.Namespace) -> None:
    from ..clip import Clip
    from ..errors import InputError
    from ..web.page import write_page

    source = Path(options.clip)
    target = options.output or source.with_suffix(".html")
    if target.suffix.lower() not in (".html", ".htm"):
        raise InputError(f"'{target.name}' is no page: give it the ending .html")
    clip = Clip.load(options.clip, options.layout)
    head = chosen_head(options)
    write_page(clip, target, head, options.look, title=source.name)
    print(
        f"wrote {target}: {target.stat().st_size / 1e6:.1f} MB, {clip.duration:.1f} s; open it in a browser"
    )
    if options.open:
        import webbrowser

        webbrowser.open(target.resolve().as_uri())
