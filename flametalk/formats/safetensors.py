"""`.safetensors`, our own: the arrays and the JSON text of `packing.py` in its metadata under "flametalk"."""

from pathlib import Path

from ..clip import Clip
from ..errors import FormatError
from ..files import write_safetensors
from .content import Content
from .packing import META, pack, unpack


def matches(content: Content) -> bool:
    return content.container == "safetensors" and META in content.metadata


def read(content: Content) -> Clip:
    if not matches(content):
        raise FormatError(content.path, f"is not a clip saved as .safetensors (no '{META}' in its metadata)")
    return unpack(content, content.metadata[META])


def write(clip: Clip, path: Path) -> None:
    arrays, text = pack(clip)
    write_safetensors(path, arrays, {META: text})
