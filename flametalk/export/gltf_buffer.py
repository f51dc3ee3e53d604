"""The binary half of a glTF file: arrays go in, numbers of their accessors come out."""

from typing import Any, Final

import numpy as np

COMPONENTS: Final = {np.dtype("u1"): 5121, np.dtype("u2"): 5123, np.dtype("u4"): 5125, np.dtype("f4"): 5126}
KINDS: Final = {1: "SCALAR", 2: "VEC2", 3: "VEC3", 4: "VEC4", 16: "MAT4"}
VERTICES, INDICES = 34962, 34963  # what a buffer view is for
SPARSE_BELOW: Final = 0.75  # of the dense size


class BufferBuilder:
    """Bytes in order, four-byte aligned, with the views and accessors that describe them."""

    def __init__(self) -> None:
        self.chunks: list[bytes] = []
        self.length = 0
        self.views: list[dict[str, Any]] = []
        self.accessors: list[dict[str, Any]] = []
        self._zeros: dict[int, int] = {}

    def view(self, content: bytes, target: int | None = None, stride: int | None = None) -> int:
        entry: dict[str, Any] = {"buffer": 0, "byteOffset": self.length, "byteLength": len(content)}
        entry |= {"target": target} if target else {}
        entry |= {"byteStride": stride} if stride else {}
        self.views.append(entry)
        padded = content + b"\0" * (-len(content) % 4)
        self.chunks.append(padded)
        self.length += len(padded)
        return len(self.views) - 1

    def dense(self, values: np.ndarray, target: int | None = None, bounds: bool = False) -> int:
        """All values; rows must be a multiple of four bytes wide where they are vertex attributes."""
        values = np.ascontiguousarray(values)
        stride = values[:1].nbytes if target == VERTICES else None
        entry = self._entry(values) | {"bufferView": self.view(values.tobytes(), target, stride)}
        return self._add(entry | (_bounds(values) if bounds else {}))

    def sparse(self, values: np.ndarray, least: float) -> int:
        """Rows of three where one number is at least `least` big; the others are left zero."""
        rows = np.flatnonzero(np.abs(values).max(1) >= least)
        if not len(rows):
            return self._zero_rows(len(values))
        kept = np.zeros_like(values)
        kept[rows] = values[rows]
        index = rows.astype(np.uint16 if len(values) <= 65535 else np.uint32)
        if index.nbytes + kept[rows].nbytes > SPARSE_BELOW * kept.nbytes:
            return self.dense(kept, VERTICES, bounds=True)
        part = {
            "count": len(rows),
            "indices": {"bufferView": self.view(index.tobytes()), "componentType": COMPONENTS[index.dtype]},
            "values": {"bufferView": self.view(kept[rows].tobytes())},
        }
        return self._add(self._entry(values) | _bounds(kept) | {"sparse": part})

    def _zero_rows(self, count: int) -> int:
        """An accessor without bytes reads as zeros."""
        if count not in self._zeros:
            nothing = np.zeros((count, 3), np.float32)
            self._zeros[count] = self._add(self._entry(nothing) | _bounds(nothing))
        return self._zeros[count]

    def _entry(self, values: np.ndarray) -> dict[str, Any]:
        width = 1 if values.ndim == 1 else int(np.prod(values.shape[1:]))
        return {"componentType": COMPONENTS[values.dtype], "count": len(values), "type": KINDS[width]}

    def _add(self, entry: dict[str, Any]) -> int:
        self.accessors.append(entry)
        return len(self.accessors) - 1


def _bounds(values: np.ndarray) -> dict[str, list[float]]:
    rows = values.reshape(len(values), -1)
    return {"min": rows.min(0).tolist(), "max": rows.max(0).tolist()}
