"""The nodes of a binary FBX file, walked without trusting it: what is not asked for is skipped, not read.

Every node says where it ends and how long its properties are. Here a node must lie inside its parent and
behind its elder sibling, so that no two share bytes, no walk goes in circles, and the work is bounded by
the file's size. Nothing recurses: callers go down level by level as far as they care to.
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

import numpy as np

from ..errors import FormatError

MAGIC: Final = b"Kaydara FBX Binary  \x00\x1a\x00"
START: Final = len(MAGIC) + 4  # behind the version
WIDE: Final = 7500  # from this version on, offsets have 64 bits
MAX_NODES: Final = 2_000_000  # looked at in one file
MAX_VALUES: Final = 64 * 1024  # bytes of one node's plain properties that are read
MAX_UNPACKED: Final = 512 * 2**20  # bytes of all arrays that are unpacked
CHUNK: Final = 2**20
SCALARS: Final = {"C": "<?", "B": "<?", "Y": "<h", "I": "<i", "F": "<f", "D": "<d", "L": "<q"}
ARRAYS: Final = {"f": 4, "d": 8, "i": 4, "l": 8, "b": 1, "c": 1}  # bytes of one number


@dataclass(frozen=True)
class Array:
    """Numbers that are not read yet."""

    kind: str  # a key of ARRAYS
    count: int
    packed: bool
    start: int  # of what is stored
    length: int


@dataclass(frozen=True)
class FbxNode:
    """Offsets into the file: properties from `start` on, children between `inner` and `end`."""

    name: str
    properties: int
    start: int
    inner: int
    end: int


Value = bool | int | float | str | Array | None  # None: raw bytes


class FbxFile:
    """An open file. All that is wrong with it is a FormatError."""

    def __init__(self, file: IO[bytes], path: Path):
        self.file, self.path = file, path
        self.size = path.stat().st_size
        header = self._read(0, START) if self.size >= START else b""
        if not header.startswith(MAGIC):
            raise FormatError(path, "not a binary FBX file: it does not begin with 'Kaydara FBX Binary'")
        self.version = int.from_bytes(header[len(MAGIC) :], "little")
        self._record = struct.Struct("<QQQB" if self.version >= WIDE else "<IIIB")
        self._seen = 0
        self._left = MAX_UNPACKED

    def top(self) -> Iterator[FbxNode]:
        """The nodes of the document; the empty record that ends them must be there."""
        return self._nodes(START, self.size, closed=True)

    def children(self, node: FbxNode) -> Iterator[FbxNode]:
        return self._nodes(node.inner, node.end) if node.inner < node.end else iter(())

    def values(self, node: FbxNode, most: int = 16) -> list[Value]:
        """The first properties; arrays as places in the file, raw bytes as None."""
        found: list[Value] = []
        at = node.start
        for _ in range(min(node.properties, most)):
            value, at = self._value(at, node.inner)
            found.append(value)
        return found

    def count_negative(self, array: Array) -> int | None:
        """How many of 32-bit numbers are below zero; None where all arrays together unpack to too much."""
        size = array.count * ARRAYS[array.kind]
        if array.kind != "i":
            raise FormatError(self.path, f"has an array of type '{array.kind}' where 'i' was expected")
        if size > self._left:
            return None
        self._left -= size
        rest, below, got = b"", 0, 0
        for part in self._unpacked(array, size):
            got += len(part)
            part = rest + part
            whole = len(part) // 4 * 4
            below += int((np.frombuffer(part[:whole], "<i4") < 0).sum())
            rest = part[whole:]
        if got != size:
            raise FormatError(self.path, f"has an array of {got:,} bytes where {size:,} were expected")
        return below

    def _unpacked(self, array: Array, size: int) -> Iterator[bytes]:
        """A piece at a time, and never more than one byte too many."""
        stored = (
            self._read(array.start + done, min(CHUNK, array.length - done))
            for done in range(0, array.length, CHUNK)
        )
        if not array.packed:
            yield from stored
            return
        inflate, left = zlib.decompressobj(), size + 1
        for part in stored:
            while left > 0 and not inflate.eof:
                try:
                    piece = inflate.decompress(part, min(CHUNK, left))
                except zlib.error as error:
                    raise FormatError(self.path, f"has a damaged array ({error})") from error
                if not piece:
                    break
                left, part = left - len(piece), inflate.unconsumed_tail
                yield piece

    def _nodes(self, at: int, end: int, closed: bool = False) -> Iterator[FbxNode]:
        """Siblings from `at` up to the empty record, which `closed` asks for, or to the end."""
        size = self._record.size
        while at != end or closed:
            if at + size > end:
                raise self._damaged("a node is cut off", at)
            self._seen += 1
            if self._seen > MAX_NODES:
                raise FormatError(self.path, f"has more than the {MAX_NODES:,} nodes accepted here")
            stop, properties, length, letters = self._record.unpack(self._read(at, size))
            if stop == 0:
                return
            start = at + size + letters
            inner = start + length
            if not inner <= stop <= end or properties > length:
                raise self._damaged("a node does not fit where it stands", at)
            name = self._read(at + size, letters).decode("ascii", "replace")
            yield FbxNode(name, properties, start, inner, stop)
            at = stop

    def _value(self, at: int, end: int) -> tuple[Value, int]:
        """One property that starts at `at`, and where the next one does."""
        kind = self._within(at, 1, end).decode("latin1")
        at += 1
        if kind in SCALARS:
            size = struct.calcsize(SCALARS[kind])
            return struct.unpack(SCALARS[kind], self._within(at, size, end))[0], at + size
        if kind in "SR":
            length = int.from_bytes(self._within(at, 4, end), "little")
            if length > end - at - 4:
                raise self._damaged("a text is longer than its node", at)
            after = at + 4 + length
            if kind == "R" or length > MAX_VALUES:
                return None, after
            return self._read(at + 4, length).decode("utf-8", "replace"), after
        if kind in ARRAYS:
            count, encoding, length = struct.unpack("<III", self._within(at, 12, end))
            at += 12
            if encoding > 1 or length > end - at or (not encoding and length != count * ARRAYS[kind]):
                raise self._damaged("an array does not fit its node", at)
            return Array(kind, count, encoding == 1, at, length), at + length
        raise self._damaged(f"a property has the unknown type {kind!r}", at)

    def _within(self, at: int, count: int, end: int) -> bytes:
        if at + count > end:
            raise self._damaged("a property is cut off", at)
        return self._read(at, count)

    def _read(self, at: int, count: int) -> bytes:
        self.file.seek(at)
        data = self.file.read(count)
        if len(data) != count:
            raise self._damaged("the file ends too early", at)
        return data

    def _damaged(self, problem: str, at: int) -> FormatError:
        return FormatError(self.path, f"damaged at byte {at:,}: {problem}")
