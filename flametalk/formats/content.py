"""A file opened but not yet understood: which container it is, and the named values or the array inside.

Nothing in it is run: pickles go through `unpickle`, arrays through `arrays`. Arrays of an .npz, a safetensors
file and a folder are read when they are asked for, so what a layout does not need costs nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import FileError, FormatError
from ..files import PathLike, existing_file, open_safetensors, read_safetensors
from ..unpickle import TORCH, load_object_npy, load_pickle
from .arrays import FREE_BYTES, MAX_RATIO, archive_members, read_header, read_member, read_npy

MAX_PICKLE = 512 * 2**20
ZIP, NPY, PICKLE = b"PK", b"\x93NUMPY", b"\x80"
OLD_TORCH = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."  # torch.save before 1.6: its magic number, pickled
LIVE_LINK = b"timecode,blendshapecount"  # in any case, after a byte order mark or none


@dataclass(frozen=True)
class Content:
    """`names` with `get(name)` for tables and folders, or the one `array` of a file that has no names."""

    path: Path
    container: str  # npz, npy, safetensors, pickle, torch, folder, live link
    names: frozenset[str] = frozenset()
    get: Callable[[str], Any] = field(default=lambda name: None, repr=False)
    array: np.ndarray | None = field(default=None, repr=False)
    metadata: dict[str, str] = field(default_factory=dict)  # of a safetensors file


def open_content(path: PathLike) -> Content:
    """Look at the first bytes, not at the ending."""
    if "://" not in str(path) and (folder := Path(path).expanduser()).is_dir():
        return _folder(folder)
    found = existing_file(path)
    try:
        with found.open("rb") as file:
            start = file.read(32)
        table = start.removeprefix(b"\xef\xbb\xbf").lower()
    except OSError as error:
        raise FileError(found, f"cannot be read ({error.strerror or error})") from error
    if start.startswith(ZIP):
        return _zip(found)
    if start.startswith(NPY):
        return _npy(found)
    if start[8:9] == b"{":
        return _safetensors(found)
    if start.startswith(OLD_TORCH):
        return _torch(found)
    if start.startswith(PICKLE) or found.suffix in (".pkl", ".pickle"):
        return _table(found, "pickle", load_pickle(found, extra=TORCH, max_bytes=MAX_PICKLE))
    if table.startswith(LIVE_LINK):
        return Content(found, "live link")
    raise FormatError(found, "is not a clip: neither npz, npy, safetensors, pickle, pt nor a folder")


def _folder(path: Path) -> Content:
    names = frozenset(child.stem for child in path.glob("*.npy"))
    return Content(path, "folder", names, lambda name: read_npy(path / f"{name}.npy"))


def _zip(path: Path) -> Content:
    members = archive_members(path)
    if any(name.rpartition("/")[2] == "data.pkl" for name in members):
        return _torch(path)
    names = frozenset(name.removesuffix(".npy") for name in members if name.endswith(".npy"))
    return Content(path, "npz", names, lambda name: read_member(path, name))


def _npy(path: Path) -> Content:
    with path.open("rb") as stream:
        _, dtype = read_header(stream, path, None)
    if dtype.hasobject:
        return _table(path, "npy", load_object_npy(path, max_bytes=MAX_PICKLE))
    return Content(path, "npy", array=read_npy(path))


def _torch(path: Path) -> Content:
    from ..unpickle.torchfiles import load_torch

    return _table(path, "torch", load_torch(path))


def _safetensors(path: Path) -> Content:
    def get(name: str) -> np.ndarray:
        tensors, _ = read_safetensors(path, "a clip", expected={name: "any ..."})
        return tensors[name]

    with open_safetensors(path, "a clip") as file:
        names, metadata = frozenset(file.keys()), dict(file.metadata() or {})
    return Content(path, "safetensors", names, get, metadata=metadata)


def _table(path: Path, container: str, value: Any) -> Content:
    """A dictionary, or a lone array."""
    if isinstance(value, dict):
        table = {str(name): item for name, item in value.items()}
        return Content(path, container, frozenset(table), lambda name: _plain(table[name], path, name))
    array = _plain(value, path, None)
    if isinstance(array, np.ndarray):
        return Content(path, container, array=array)
    raise FormatError(path, f"holds a {type(value).__name__}, expected a dictionary or an array")


def _plain(value: Any, path: Path, name: str | None) -> Any:
    """Tensors as arrays."""
    if not hasattr(value, "detach"):
        return value
    size = value.numel() * value.element_size()
    if size > FREE_BYTES + MAX_RATIO * path.stat().st_size:
        raise FormatError(path, f"is a tensor of {size:,} bytes in a smaller file; refused", name)
    value = value.detach().to("cpu")
    return (value.float() if value.is_floating_point() else value).numpy()
