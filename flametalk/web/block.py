"""`Block`: arrays one after the other in as few bytes as deflating can make of them."""

import base64
import zlib
from typing import Any, Final

import numpy as np

UNIT: Final = 32767


class Block:
    """Bytes, and a header that finds the arrays in them."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []
        self.length = 0
        self.header: dict[str, dict[str, Any]] = {}

    def add(self, name: str, values: np.ndarray, step: float | None = None) -> None:
        """Two-byte numbers lie as a plane of low and a plane of high bytes, which deflates well."""
        values = np.ascontiguousarray(values)
        content = values.tobytes()
        if values.dtype.itemsize == 2:
            content = values.view(np.uint8).reshape(-1, 2).T.tobytes()
        self.header[name] = {"at": self.length, "n": values.size, "type": values.dtype.str[1:]}
        self.header[name] |= {} if step is None else {"step": step}
        self.parts.append(content)
        self.length += len(content)

    def add_steps(self, name: str, values: np.ndarray, least: float = 1e-12) -> None:
        """As whole multiples of a step: `least`, or what the largest value needs to fit in two bytes."""
        step = max(float(np.abs(values).max(initial=0)) / UNIT, least)
        self.add(name, np.rint(values / step).astype(np.int16), step)

    def packed(self) -> str:
        """All of it, deflated, as base64."""
        return base64.b64encode(zlib.compress(b"".join(self.parts), 9)).decode()
