"""A strict reader of binary FBX, written from the format's description: every length and offset must fit."""

import struct
import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np

SIZES = {"f": "<f4", "d": "<f8", "l": "<i8", "i": "<i4", "b": "?"}
SCALARS = {"C": ("<?", 1), "Y": ("<h", 2), "I": ("<i", 4), "F": ("<f", 4), "D": ("<d", 8), "L": ("<q", 8)}


@dataclass
class Element:
    name: str
    values: list[Any]
    children: list["Element"]

    def __getitem__(self, name: str) -> "Element":
        (found,) = [child for child in self.children if child.name == name]
        return found

    def all(self, name: str) -> list["Element"]:
        return [child for child in self.children if child.name == name]

    def table(self) -> dict[str, list[Any]]:
        """Properties70 by name."""
        return {row.values[0]: row.values[4:] for row in self["Properties70"].children}


def read_fbx(data: bytes) -> tuple[int, Element]:
    """Version and root."""
    assert data[:23] == b"Kaydara FBX Binary  \x00\x1a\x00"
    (version,) = struct.unpack_from("<I", data, 23)
    wide = version >= 7500
    at, top = 27, []
    while (step := _element(data, at, wide)) is not None:
        element, at = step
        top.append(element)
    at += 25 if wide else 13
    assert data[at : at + 20] == bytes.fromhex("fabcab09d0c8d466b176fb831cf7267e") + bytes(4)
    padding = data[at + 20 : -140]
    assert not any(padding) and 1 <= len(padding) <= 16 and (at + 20 + len(padding)) % 16 == 0
    assert data[-140:-136] == struct.pack("<I", version) and not any(data[-136:-16])
    assert data[-16:] == bytes.fromhex("f85a8c6adef5d97eece90ce3758f290b")
    return version, Element("", [], top)


def _element(data: bytes, at: int, wide: bool) -> tuple[Element, int] | None:
    record = struct.Struct("<QQQB" if wide else "<IIIB")
    end, count, length, letters = record.unpack_from(data, at)
    if end == 0:
        assert not any(data[at : at + record.size])
        return None
    at += record.size
    name = data[at : at + letters].decode("ascii")
    at += letters
    stop = at + length
    values = []
    for _ in range(count):
        value, at = _value(data, at)
        values.append(value)
    assert at == stop <= end <= len(data), name
    children = []
    if at < end:
        while (step := _element(data, at, wide)) is not None:
            child, at = step
            children.append(child)
        at += record.size
    assert at == end, name
    return Element(name, values, children), end


def _value(data: bytes, at: int) -> tuple[Any, int]:
    kind = chr(data[at])
    at += 1
    if kind in SCALARS:
        code, size = SCALARS[kind]
        return struct.unpack_from(code, data, at)[0], at + size
    if kind in "SR":
        (length,) = struct.unpack_from("<I", data, at)
        raw = data[at + 4 : at + 4 + length]
        return raw if kind == "R" else raw.decode("utf-8"), at + 4 + length
    count, encoding, length = struct.unpack_from("<III", data, at)
    raw = data[at + 12 : at + 12 + length]
    assert encoding in (0, 1)
    array = np.frombuffer(zlib.decompress(raw) if encoding else raw, SIZES[kind])
    assert len(array) == count
    return array, at + 12 + length
