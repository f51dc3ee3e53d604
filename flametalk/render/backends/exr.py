"""Reads what Blender leaves: OpenEXR files of one part, uncompressed scan lines, any channels."""

import struct
from pathlib import Path
from typing import Final

import numpy as np
from jaxtyping import Float32

from ...errors import FormatError
from ...files import PathLike, existing_file

MAGIC: Final = 20000630
TILED, DEEP, MULTIPART = 0x200, 0x800, 0x1000  # flags beside the version
TYPES: Final[dict[int, np.dtype]] = {0: np.dtype("<u4"), 1: np.dtype("<f2"), 2: np.dtype("<f4")}
MAX_BYTES: Final = 4 << 30
MAX_SIDE: Final = 16_384
MAX_CHANNELS: Final = 256


def read_exr(path: PathLike) -> dict[str, Float32[np.ndarray, "h w"]]:
    """channel -> picture, row 0 at the top."""
    path = existing_file(path, MAX_BYTES)
    data = path.read_bytes()
    try:
        return _parse(path, data)
    except (struct.error, ValueError, IndexError, UnicodeDecodeError) as error:
        raise FormatError(path, f"is cut off or damaged ({error})") from error


def _parse(path: Path, data: bytes) -> dict[str, Float32[np.ndarray, "h w"]]:
    magic, version = struct.unpack_from("<II", data)
    if magic != MAGIC:
        raise FormatError(path, "is no OpenEXR file")
    if version & (TILED | DEEP | MULTIPART):
        raise FormatError(
            path, "has tiles, deep pixels or several parts; one part of scan lines was expected"
        )
    header, at = _header(data)
    if header["compression"] != b"\0":
        raise FormatError(path, "is compressed; an uncompressed file was expected")
    left, top, right, bottom = struct.unpack("<4i", header["dataWindow"])
    width, height = right - left + 1, bottom - top + 1
    if not (0 < width <= MAX_SIDE and 0 < height <= MAX_SIDE):
        raise FormatError(path, f"is {width} × {height} pixels, expected 1 to {MAX_SIDE} a side")
    channels = _channels(path, header["channels"])
    row = np.dtype([("y", "<i4"), ("size", "<i4")] + [(name, kind, (width,)) for name, kind in channels])
    start = at + 8 * height  # behind the table of offsets
    if len(data) < start + height * row.itemsize:
        raise FormatError(path, "is cut off")
    rows = np.frombuffer(data, row, height, start)
    if not (rows["size"] == row.itemsize - 8).all():
        raise FormatError(path, "has scan lines of another length than its header says")
    order = np.argsort(rows["y"])
    return {name: rows[name][order].astype(np.float32) for name, _ in channels}


def _header(data: bytes) -> tuple[dict[str, bytes], int]:
    """Attributes by name, and where they end."""
    at, found = 8, {}
    while data[at]:
        name, at = _text(data, at)
        _, at = _text(data, at)
        (size,) = struct.unpack_from("<i", data, at)
        if size < 0 or at + 4 + size > len(data):
            raise ValueError(f"attribute {name} ends beyond the file")
        found[name] = data[at + 4 : at + 4 + size]
        at += 4 + size
    for name in ("compression", "dataWindow", "channels"):
        if name not in found:
            raise ValueError(f"no attribute {name}")
    return found, at + 1


def _channels(path: Path, table: bytes) -> list[tuple[str, np.dtype]]:
    at = 0
    found: list[tuple[str, np.dtype]] = []
    while table[at]:
        name, at = _text(table, at)
        kind, _, across, down = struct.unpack_from("<iIii", table, at)
        if kind not in TYPES or (across, down) != (1, 1) or len(found) >= MAX_CHANNELS:
            raise FormatError(path, f"channel {name} is of a kind that is not read here")
        found.append((name, TYPES[kind]))
        at += 16
    return found


def _text(data: bytes, at: int) -> tuple[str, int]:
    end = data.index(b"\0", at)
    return data[at:end].decode("utf-8"), end + 1
