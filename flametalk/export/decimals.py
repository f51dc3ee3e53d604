"""Coordinates as text, fast: fixed-point decimals written digit by digit into a buffer.

Six decimals of a metre are micrometres. The same numbers give the same bytes on every machine.
"""

from functools import cache
from typing import Final, no_type_check

import numpy as np
from jaxtyping import Float32, UInt8

from ..errors import InputError
from ..jit import compiled

DECIMALS: Final = 6
MAX_LINE: Final = 3 * 18 + 3  # "v", three numbers of up to 18 characters with their spaces, the line's end
MOST: Final = 1e9  # metres; larger ones, and NaN, are refused


def vertex_lines(vertices: Float32[np.ndarray, "v 3"]) -> UInt8[np.ndarray, "n"]:
    """`v x y z` for every vertex."""
    if not (np.abs(vertices).max(initial=0.0) < MOST):
        raise InputError("vertices have values that are no coordinates (NaN, or beyond 10⁹ m)")
    text = np.empty(len(vertices) * MAX_LINE, np.uint8)
    return text[: _write_lines(np.ascontiguousarray(vertices), text, _thousand())]


@cache
def _thousand() -> UInt8[np.ndarray, "3000"]:
    """000 001 … 999"""
    return np.frombuffer("".join(f"{k:03d}" for k in range(1000)).encode(), np.uint8).copy()


@compiled
@no_type_check
def _write_lines(vertices, text, thousand):
    """Gives the number of characters. A value that rounds to zero has no sign."""
    at = 0
    for v in range(vertices.shape[0]):
        text[at] = 118  # v
        at += 1
        for k in range(3):
            millionths = np.rint(np.float64(vertices[v, k]) * 1e6)
            text[at] = 32
            at += 1
            if millionths < 0:
                text[at] = 45  # -
                at += 1
                millionths = -millionths
            if millionths < 4e9:  # 32 bits are faster, and enough for anything near a head
                number = np.uint32(millionths)
                upper = np.uint32(number // np.uint32(1000))
                low = np.int64(number - upper * np.uint32(1000))
                whole = np.uint32(upper // np.uint32(1000))
                high = np.int64(upper - whole * np.uint32(1000))
            else:
                large = np.uint64(millionths)
                low = np.int64(large % np.uint64(1000))
                large //= np.uint64(1000)
                high = np.int64(large % np.uint64(1000))
                whole = np.uint32(large // np.uint64(1000))
            digits, rest = 1, np.uint32(whole // np.uint32(10))
            while rest > 0:
                rest = np.uint32(rest // np.uint32(10))
                digits += 1
            for d in range(digits):
                text[at + digits - 1 - d] = np.uint8(48 + whole % np.uint32(10))
                whole = np.uint32(whole // np.uint32(10))
            at += digits
            text[at] = 46  # .
            for d in range(3):
                text[at + 1 + d] = thousand[3 * high + d]
                text[at + 4 + d] = thousand[3 * low + d]
            at += 7
        text[at] = 10
        at += 1
    return at
