"""NumPy files read with bounds: no pickles, no archive that unfolds, no header that lies about its size."""

import io
import math
import zipfile
from pathlib import Path, PurePosixPath
from tokenize import TokenError

import numpy as np
from numpy.lib import format as npy

from ..errors import FileError, FormatError, UnsafeFileError
from ..files import DAMAGED_ZIP

FREE_BYTES = 256 * 2**20  # what any member may unfold to, and beyond it
MAX_RATIO = 20  # so many times its size in the file (numbers of a face compress to about nine tenths)
MAX_MEMBERS = 10_000
HEADERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}
BAD_HEADER = (ValueError, TypeError, EOFError, SyntaxError, TokenError, RecursionError, MemoryError)


def archive_members(path: Path) -> dict[str, zipfile.ZipInfo]:
    """The members of a zip archive; refused are escaping paths, double names, and bombs."""
    try:
        with zipfile.ZipFile(path) as archive:
            infos = archive.infolist()
    except DAMAGED_ZIP as error:
        raise FormatError(path, f"a zip archive that is cut off or damaged ({error})") from error
    if len(infos) > MAX_MEMBERS:
        raise FormatError(path, f"has {len(infos):,} members, more than the {MAX_MEMBERS:,} accepted here")
    size = path.stat().st_size
    members = {}
    for info in infos:
        name = info.filename
        parts = PurePosixPath(name.replace("\\", "/")).parts
        if name.startswith(("/", "\\")) or ".." in parts or name[1:2] == ":":
            raise UnsafeFileError(path, f"has a member '{name[:200]}' that points outside; refused")
        if name in members:
            raise FormatError(path, "is there twice", name)
        if info.file_size > FREE_BYTES + MAX_RATIO * min(info.compress_size, size):
            raise UnsafeFileError(
                path, f"unfolds from {info.compress_size:,} to {info.file_size:,} bytes; refused", name
            )
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise FormatError(path, "is compressed in a way that NumPy does not use", name)
        members[name] = info
    return members


def read_member(path: Path, name: str) -> np.ndarray:
    """The array `name` of an .npz file whose members were checked."""
    try:
        with zipfile.ZipFile(path) as archive, archive.open(f"{name}.npy") as stream:
            data = stream.read(archive.getinfo(f"{name}.npy").file_size)
    except (*DAMAGED_ZIP, KeyError) as error:
        raise FormatError(path, f"is cut off or damaged ({error})", name) from error
    return read_array(io.BytesIO(data), len(data), path, name)


def read_npy(path: Path, field: str | None = None) -> np.ndarray:
    """The array of an .npy file."""
    try:
        with path.open("rb") as stream:
            return read_array(stream, path.stat().st_size, path, field)
    except OSError as error:
        raise FileError(path, f"cannot be read ({error.strerror or error})") from error


def read_array(stream: io.BufferedIOBase, size: int, path: Path, field: str | None) -> np.ndarray:
    """One array from `stream` of `size` bytes; its header is checked before memory is taken."""
    shape, dtype = read_header(stream, path, field)
    if dtype.hasobject:
        raise UnsafeFileError(path, "holds Python objects (a pickle) instead of numbers; refused", field)
    expected, there = math.prod(shape) * dtype.itemsize, size - stream.tell()
    if there < expected or min(shape, default=0) < 0:
        raise FormatError(path, f"is cut off: shape {shape} needs {expected:,} bytes, {there:,} there", field)
    stream.seek(0)
    try:
        return npy.read_array(stream, allow_pickle=False)
    except (ValueError, EOFError) as error:
        raise FormatError(path, f"not a readable NumPy array ({str(error)[:200]})", field) from error


def read_header(stream: io.BufferedIOBase, path: Path, field: str | None) -> tuple[tuple[int, ...], np.dtype]:
    """Shape and type; the stream is left where the data begins."""
    try:
        version = npy.read_magic(stream)
        if version not in HEADERS:
            raise ValueError(f"version {version}, expected 1.0 or 2.0")
        shape, _, dtype = HEADERS[version](stream)
    except BAD_HEADER as error:
        raise FormatError(path, f"not a readable NumPy array ({str(error)[:200]})", field) from error
    return shape, dtype
