"""Fields of a file checked: type, shape, finite numbers, frame counts. Errors name the file and the field."""

from typing import Any

import numpy as np
from jaxtyping import Float32

from ..clip import Clip
from ..errors import FormatError, InputError
from .content import Content

NUMBERS = "fiu"  # kinds of NumPy types that are numbers


def frames(content: Content, name: str, columns: int, fewer: bool = False) -> Float32[np.ndarray, "t n"]:
    """A row per frame; one row alone may come without the axis of time. `fewer` allows fewer columns."""
    array = numbers(content, name)
    if array.ndim == 3 and array.shape[0] == 1:
        array = array[0]  # an axis of the batch
    array = array[None] if array.ndim == 1 else array
    if array.ndim != 2 or not _fits(array.shape[1], columns, fewer):
        expected = f"(frames, {'up to ' if fewer else ''}{columns})"
        raise FormatError(content.path, f"has shape {array.shape}, expected {expected}", name)
    if len(array) == 0:
        raise FormatError(content.path, "has no frames", name)
    return array


def identity(
    content: Content, name: str, columns: int, count: int, fewer: bool = False
) -> Float32[np.ndarray, "*t n"]:
    """Shape coefficients: (n,), or (count, n) where they change; all rows alike come out as (n,)."""
    array = frames(content, name, columns, fewer)
    if (array == array[0]).all():
        return constant(content, name, array, count)
    if len(array) != count:
        raise FormatError(content.path, f"has {len(array)} frames, expected 1 or {count}", name)
    return array


def constant(content: Content, name: str, array: np.ndarray, count: int) -> Float32[np.ndarray, "n"]:
    """The one row of rows that are all alike."""
    if len(array) not in (1, count):
        raise FormatError(content.path, f"has {len(array)} frames, expected 1 or {count}", name)
    return array[0]


def used(array: np.ndarray) -> np.ndarray | None:
    """None where everything is zero: a part that the layout always stores and this file does not use."""
    return array if array.any() else None


def numbers(content: Content, name: str) -> Float32[np.ndarray, "..."]:
    """The array `name` as finite float32."""
    if name not in content.names:
        listing = ", ".join(sorted(content.names)[:20]) or "nothing with a name"
        raise FormatError(content.path, f"is missing (there is {listing})", name)
    return finite(content, content.get(name), name)


def finite(content: Content, value: Any, name: str | None) -> Float32[np.ndarray, "..."]:
    """`value` as float32, if it is an array of real, finite numbers."""
    if not isinstance(value, np.ndarray | np.generic):
        raise FormatError(content.path, f"is a {type(value).__name__}, expected an array", name)
    array = np.asarray(value)
    if array.dtype.kind not in NUMBERS:
        raise FormatError(content.path, f"has type {array.dtype}, expected real numbers", name)
    with np.errstate(over="ignore"):
        array = array.astype(np.float32)
    bad = np.argwhere(~np.isfinite(array))
    if len(bad):
        raise FormatError(
            content.path, f"has a NaN or infinite value, first at {tuple(bad[0].tolist())}", name
        )
    return array


def same_count(content: Content, **arrays: np.ndarray) -> int:
    """The number of frames, which all must have."""
    (first, leader), *others = arrays.items()
    for name, array in others:
        if len(array) != len(leader):
            raise FormatError(content.path, f"has {len(array)} frames, '{first}' has {len(leader)}", name)
    return len(leader)


def lone_array(content: Content, columns: int, what: str) -> Float32[np.ndarray, "t n"]:
    """The array (frames, columns) of a file without names."""
    array = content.array
    if array is None:
        raise FormatError(
            content.path, f"holds several fields, expected one array (frames, {columns}): {what}"
        )
    if array.ndim != 2 or array.shape[1] != columns or len(array) == 0:
        raise FormatError(content.path, f"has shape {array.shape}, expected (frames, {columns}): {what}")
    return finite(content, array, None)


def has_columns(content: Content, columns: int) -> bool:
    """Whether the file is one array (frames, columns)."""
    array = content.array
    return array is not None and array.ndim == 2 and array.shape[1] == columns


def build(content: Content, read: set[str], told: dict[str, Any] | None = None, **parts: Any) -> Clip:
    """The clip of `parts`; provenance lists the fields of the file that a clip has no place for."""
    ignored = sorted(content.names - read)
    provenance = {**(told or {}), **({"not_kept": ignored} if ignored else {})}
    try:
        return Clip(**parts, provenance=provenance)
    except InputError as error:
        raise FormatError(content.path, str(error)) from error


def _fits(got: int, columns: int, fewer: bool) -> bool:
    return 1 <= got <= columns if fewer else got == columns
