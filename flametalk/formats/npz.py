"""`.npz`, our own: NumPy arrays without pickles, and the JSON text of `packing.py` under "flametalk".

`numpy.load(path)` opens it anywhere.
"""

from pathlib import Path

import numpy as np

from ..clip import Clip
from ..errors import FormatError
from ..files import atomic_path
from .content import Content
from .packing import META, pack, unpack


def matches(content: Content) -> bool:
    return content.container == "npz" and META in content.names


def read(content: Content) -> Clip:
    if not matches(content):
        raise FormatError(content.path, f"is not a clip saved as .npz (there is no '{META}' in it)")
    text = content.get(META)
    if text.dtype.kind != "U" or text.ndim != 0:
        raise FormatError(content.path, "is not a text", META)
    return unpack(content, str(text))


def write(clip: Clip, path: Path) -> None:
    arrays, text = pack(clip)
    with atomic_path(path) as temporary, temporary.open("wb") as file:
        np.savez(file, **{META: np.array(text)}, **arrays)  # type: ignore[arg-type]
