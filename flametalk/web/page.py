"""The viewer's page: one HTML file that plays a clip anywhere, with no network."""

import base64
import html
import json
import re
from importlib.resources import files
from typing import Final

from ..clip import Clip
from ..export.materials import appearance
from ..files import PathLike, atomic_path
from ..head import Head
from .light import light_of
from .packing import pack

TEXTURE_SIZE: Final = 2048  # texels a side


def viewer_page(clip: Clip, head: Head | None = None, look: str = "skin", title: str | None = None) -> str:
    """The whole page as text."""
    head = head or Head.load(clip.made_for)
    clip.check_made_for(head.name)
    wear = appearance(head, look, TEXTURE_SIZE)
    header, block = pack(clip, head, wear)
    header["light"] = light_of(look, wear)
    texture = b"" if wear.texture is None else wear.jpeg()
    about = title or f"{clip.duration:.1f} s on {head.name}"
    values = {
        "title": html.escape(about),
        "header": _inside_script(json.dumps(header, allow_nan=False, separators=(",", ":"))),
        "block": block,
        "texture": base64.b64encode(texture).decode(),
        "player": _resource("player.js"),
    }
    return re.sub(r"\{\{(\w+)\}\}", lambda found: values[found[1]], _resource("player.html"))


def write_page(
    clip: Clip, path: PathLike, head: Head | None = None, look: str = "skin", title: str | None = None
) -> None:
    """The page as a file."""
    page = viewer_page(clip, head, look, title)
    with atomic_path(path) as temporary:
        temporary.write_text(page, encoding="utf-8")


def _resource(name: str) -> str:
    return (files("flametalk.web") / name).read_text(encoding="utf-8")


def _inside_script(text: str) -> str:
    """JSON that cannot end the script element it stands in."""
    return text.replace("<", "\\u003c")
