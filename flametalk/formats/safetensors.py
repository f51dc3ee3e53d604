"""`.safetensors`, our own: the arrays and the JSON text of `packing.py` in its metadata under "flametalk"."""

from pathlib import Path

from ..clip import Clip
from ..errors import FileError, FormatError
from ..files import atomic_path
from .content import Content
from .packing import META, pack, unpack


def matches(content: Content) -> bool:
    return content.container == "safetensors" and META in content.metadata


def read(content: Content) -> Clip:
    if not matches(content):
        raise FormatError(content.path, f"is not a clip saved as .safetensors (no '{META}' in its metadata)")
    return unpack(content, content.metadata[META])


def write(clip: Clip, path: Path) -> None:
    from safetensors import SafetensorError
    from safetensors.numpy import save_file

    arrays, text = pack(clip)
    with atomic_path(path) as temporary:
        try:
            save_file(arrays, temporary, {META: text})
        except SafetensorError as error:  # what a full disk arrives as
            raise FileError(path, f"writing failed ({error})") from error
