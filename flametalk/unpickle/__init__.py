"""Pickles and object arrays read as data; nothing that a file names is imported or called.

`machine.py` and `opcodes.py` interpret the file, `standins.py` lists the names that a file may use. Any other
name ends the reading with `UnsafeFileError`.
"""

import ast
import io
import math
import os
import zipfile
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from ..errors import FileError, FormatError
from ..files import PathLike, existing_file
from .arrays import checked_dtype, checked_shape
from .machine import DAMAGE
from .opcodes import run
from .standins import NAMESPACE, PATHS, PLAIN, TORCH
from .values import Maker

__all__ = [
    "NAMESPACE",
    "PATHS",
    "TORCH",
    "Source",
    "load_npz",
    "load_object_npy",
    "load_pickle",
    "read_source",
]

Source = PathLike | bytes | io.BufferedIOBase
MAX_BYTES = 512 * 2**20
MAX_HEADER = 10_000  # characters of an .npy header


def load_pickle(
    source: Source,
    *,
    encoding: str = "latin1",
    max_bytes: int = MAX_BYTES,
    extra: Mapping[str, Maker] | None = None,
    name: str | None = None,
) -> Any:
    """The plain data in a pickle: dictionaries, lists, numbers, text and NumPy arrays.

    chumpy objects come out as their array, scipy matrices as dense arrays. `extra` allows more names,
    e.g. `TORCH`, `NAMESPACE | PATHS`; each maps to a function that takes the pickled arguments.
    `encoding` is that of Python 2 strings ("bytes" keeps them). `name` is used in error messages.
    """
    data, label = read_source(source, max_bytes, name)
    return run(data, label, encoding, {**PLAIN, **(extra or {})})


def load_object_npy(
    source: Source,
    *,
    max_bytes: int = MAX_BYTES,
    extra: Mapping[str, Maker] | None = TORCH,
    name: str | None = None,
) -> Any:
    """The content of an .npy file whose array holds Python objects (NumPy's own reader would run them).

    An array of no dimensions, the usual way to store a dictionary, comes out as the dictionary itself.
    Arrays of plain numbers are read too.
    """
    data, label = read_source(source, max_bytes, name)
    shape, dtype, fortran, start = _npy_header(data, label)
    if not dtype.hasobject:
        expected = math.prod(shape) * dtype.itemsize
        if len(data) - start < expected:
            raise FormatError(
                label, f"is cut off: {len(data) - start:,} bytes of {expected:,} for shape {shape}"
            )
        flat = np.frombuffer(data, dtype, math.prod(shape), start)
        return flat.reshape(shape, order="F" if fortran else "C").copy()
    value = run(data[start:], label, "latin1", {**PLAIN, **(extra or {})})
    if not isinstance(value, np.ndarray) or value.dtype != object or value.size != math.prod(shape):
        raise FormatError(label, f"does not hold the object array of shape {shape} that its header declares")
    return value.reshape(()).item() if shape == () else value.reshape(shape)


def load_npz(
    source: Source,
    *,
    max_bytes: int = MAX_BYTES,
    extra: Mapping[str, Maker] | None = TORCH,
    name: str | None = None,
) -> dict[str, Any]:
    """The arrays of an .npz file; `max_bytes` bounds it both packed and unpacked."""
    data, label = read_source(source, max_bytes, name)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            infos = archive.infolist()
            if sum(info.file_size for info in infos) > max_bytes:
                raise FormatError(label, f"unfolds to more than the {max_bytes:,} bytes accepted here")
            members = {info.filename.removesuffix(".npy"): archive.read(info) for info in infos}
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise FormatError(label, f"not a readable .npz file ({error})") from error
    return {
        key: load_object_npy(content, max_bytes=max_bytes, extra=extra, name=f"{label}:{key}")
        for key, content in members.items()
    }


def _npy_header(data: bytes, label: str) -> tuple[tuple[int, ...], np.dtype, bool, int]:
    """Shape, type, order and the start of the content."""
    if data[:6] != b"\x93NUMPY" or len(data) < 12 or data[6] not in (1, 2, 3):
        raise FormatError(label, "is not an .npy file")
    length, start = (
        (int.from_bytes(data[8:10], "little"), 10)
        if data[6] == 1
        else (int.from_bytes(data[8:12], "little"), 12)
    )
    if length > MAX_HEADER or start + length > len(data):
        raise FormatError(label, "is cut off or has an oversized header")
    try:
        header = ast.literal_eval(data[start : start + length].decode("utf-8" if data[6] == 3 else "latin1"))
        code, fortran, shape = header["descr"], header["fortran_order"], checked_shape(header["shape"])
        dtype = np.dtype(object) if code in ("|O", "O") else checked_dtype(code)
    except (*DAMAGE, SyntaxError, RecursionError, MemoryError) as error:
        raise FormatError(
            label, f"has a damaged .npy header ({type(error).__name__}: {str(error)[:200]})"
        ) from error
    return shape, dtype, bool(fortran), start + length


def read_source(source: Source, max_bytes: int, name: str | None = None) -> tuple[bytes, str]:
    """All bytes of a path, a file or bytes, and the name to use in messages."""
    if isinstance(source, str | os.PathLike):
        path = existing_file(source, max_bytes)
        return path.read_bytes(), name or str(path)
    label = name or str(getattr(source, "name", "<bytes>"))
    data = source if isinstance(source, bytes) else source.read(max_bytes + 1)
    if len(data) > max_bytes:
        raise FileError(label, f"has more than the {max_bytes:,} bytes accepted here")
    return data, label
