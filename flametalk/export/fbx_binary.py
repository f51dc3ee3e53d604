"""FBX's binary container: nodes of typed properties and children, between a header and a footer.

    header   23 bytes of magic, the version
    node     end offset, number of properties, their bytes, name, properties, children, an empty record
    footer   fixed bytes, padding to 16, the version, zeros, fixed bytes

Version 7.4 counts offsets in 32 bits, 7.5 in 64. Children may come from a generator: each is on disk before
the next is made, so that long animations never stand in memory as a whole.
"""

import struct
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import IO

import numpy as np

from ..errors import InputError

MAGIC = b"Kaydara FBX Binary  \x00\x1a\x00"
VERSIONS = (7400, 7500)
# The FBX SDK checks the file id against the creation time and the footer: these three belong together.
CREATION_TIME = "1970-01-01 10:00:00:000"
FILE_ID = bytes.fromhex("28b32aebb624ccc2bfc8b02aa92bfcf1")
FOOTER_ID = bytes.fromhex("fabcab09d0c8d466b176fb831cf7267e")
FOOTER_MAGIC = bytes.fromhex("f85a8c6adef5d97eece90ce3758f290b")

COMPRESS_FROM = 128  # bytes; shorter arrays are stored as they are
LEVEL = 3  # higher ones take twice as long for one part in a hundred
CODES = {"float32": b"f", "float64": b"d", "int32": b"i", "int64": b"l", "bool": b"b"}


class I32(int):
    """A number stored in 32 bits; plain Python numbers take 64."""


class Flag(int):
    """A truth value, stored as one byte."""


class I16(int):
    """A number stored in 16 bits."""


@dataclass(frozen=True, eq=False)
class Packed:
    """An array that is encoded once and written many times."""

    array: np.ndarray

    @cached_property
    def bytes(self) -> bytes:
        return _array(self.array)


Property = bool | int | float | str | bytes | np.ndarray | Packed


@dataclass(frozen=True, eq=False)
class Node:
    """`children` None or empty: no block; `block` forces one, as some readers want for certain nodes."""

    name: str
    properties: tuple[Property, ...] = ()
    children: Iterable["Node"] = ()
    block: bool = False


def node(name: str, *properties: Property) -> Node:
    """A node without children."""
    return Node(name, properties)


def group(name: str, *children: Node) -> Node:
    """A node of children only."""
    return Node(name, (), children, block=True)


def write_document(file: IO[bytes], version: int, nodes: Iterable[Node]) -> None:
    """Header, `nodes`, footer. `file` must be seekable and empty."""
    if version not in VERSIONS:
        raise InputError(f"FBX version {version} is not written here; choose one of {VERSIONS}")
    record = struct.Struct("<IIIB" if version < 7500 else "<QQQB")
    file.write(MAGIC + struct.pack("<I", version))
    for each in nodes:
        _write(file, record, each)
    file.write(bytes(record.size))
    file.write(FOOTER_ID + bytes(4))
    file.write(bytes(16 - file.tell() % 16))
    file.write(struct.pack("<I", version) + bytes(120) + FOOTER_MAGIC)


def _write(file: IO[bytes], record: struct.Struct, each: Node) -> None:
    start, name = file.tell(), each.name.encode("ascii")
    body = b"".join(encode(value) for value in each.properties)
    file.write(record.pack(0, len(each.properties), len(body), len(name)) + name + body)
    block = each.block
    for child in each.children:
        _write(file, record, child)
        block = True
    if block:
        file.write(bytes(record.size))
    end = file.tell()
    if record.size == 13 and end > 0xFFFFFFFF:
        raise InputError("the file passes 4 GB, which FBX 7.4 cannot address: write version 7500")
    file.seek(start)
    file.write(record.pack(end, len(each.properties), len(body), len(name)))
    file.seek(end)


def encode(value: Property) -> bytes:
    """One property: a letter for its type, then its bytes."""
    match value:
        case Packed():
            return value.bytes
        case np.ndarray():
            return _array(value)
        case bool() | Flag():
            return b"C" + struct.pack("<?", bool(value))
        case I16():
            return b"Y" + struct.pack("<h", value)
        case I32():
            return b"I" + struct.pack("<i", value)
        case int():
            return b"L" + struct.pack("<q", value)
        case float():
            return b"D" + struct.pack("<d", value)
        case str():
            text = value.encode("utf-8")
            return b"S" + struct.pack("<I", len(text)) + text
        case bytes():
            return b"R" + struct.pack("<I", len(value)) + value
    raise TypeError(f"an FBX property cannot be a {type(value).__name__}")


def _array(values: np.ndarray) -> bytes:
    code = CODES[values.dtype.name]
    raw = np.ascontiguousarray(values, values.dtype.newbyteorder("<")).tobytes()
    stored, encoding = raw, 0
    if len(raw) >= COMPRESS_FROM:
        stored, encoding = zlib.compress(raw, LEVEL), 1
    return code + struct.pack("<III", values.size, encoding, len(stored)) + stored


def class_name(name: str, kind: str) -> str:
    """An object's name as binary files hold it: name, separator, class."""
    return f"{name}\x00\x01{kind}"
