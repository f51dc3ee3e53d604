"""Stand-ins for NumPy arrays and SciPy's sparse matrices."""

import math
import re
from typing import Any

import numpy as np

from .values import Global, Maker, Pending, raw, sequence, state_entries, text

MAX_ITEMS = 2**31  # elements of one array
MAX_DENSE = 2**26  # bytes of one sparse matrix made dense
_DTYPE = re.compile(r"[<>|=]?(b1|[iu][1248]|f[248]|c8|c16|[SU][1-9][0-9]{0,5}|O8?|\?)")
_BYTE_ORDER = "<>|="


def make_dtype(code: Any, align: Any = False, copy: Any = True) -> Pending:
    """`numpy.dtype('f8', 0, 1)`, completed by a state that holds the byte order."""
    dtype = checked_dtype(code)

    def build(state: Any) -> np.dtype:
        state = sequence(state)
        order = text(state[1])
        if len(order) != 1 or order not in _BYTE_ORDER or state[2:5] != (None, None, None):
            raise ValueError("an array type with fields or an unknown byte order")
        if state[5] not in (-1, dtype.itemsize):
            raise ValueError(f"array type {dtype} with another item size")
        return dtype if order == "|" or dtype.hasobject else np.dtype(order + dtype.str[1:])

    return Pending(build)


def checked_dtype(code: Any) -> np.dtype:
    name = text(code)
    if not _DTYPE.fullmatch(name):
        raise ValueError(f"array type {name[:40]!r}; plain numbers, text and objects are read")
    return np.dtype(object if name.endswith(("O", "O8")) else name)


def reconstruct_array(subtype: Any, shape: Any = (0,), code: Any = b"b") -> Pending:
    """`numpy…_reconstruct(ndarray, (0,), 'b')`: an array whose content follows as its state."""
    if not isinstance(subtype, Global) or subtype.name != "numpy.ndarray":
        raise ValueError("_reconstruct of another class than numpy.ndarray")

    def build(state: Any) -> np.ndarray:
        shape, dtype, fortran, content = sequence(state)[-4:]  # a version number may stand before them
        return _array(content, dtype, shape, "F" if fortran else "C")

    return Pending(build)


def _array(content: Any, dtype: Any, shape: Any, order: str) -> np.ndarray:
    shape = checked_shape(shape)
    size = math.prod(shape)
    if not isinstance(dtype, np.dtype):
        raise ValueError("an array without a type")
    if dtype.hasobject:
        content = sequence(content)
        if len(content) != size:
            raise ValueError(f"an array of shape {shape} with {len(content)} objects")
        objects = np.empty(size, dtype=object)
        for i, item in enumerate(content):
            objects[i] = item
        return objects.reshape(shape, order="F" if order == "F" else "C")
    buffer = raw(content)
    if len(buffer) != size * dtype.itemsize:
        raise ValueError(f"an array of shape {shape}, type {dtype}, with {len(buffer)} bytes")
    return np.frombuffer(buffer, dtype).reshape(shape, order="F" if order == "F" else "C").copy(order="C")


def array_from_buffer(buffer: Any, dtype: Any, shape: Any, order: Any, axes: Any = None) -> np.ndarray:
    """`numpy…_frombuffer`: how protocol 5 writes arrays."""
    if order not in ("C", "F", "K"):
        raise ValueError("an unknown array order")
    if not isinstance(dtype, np.dtype) or dtype.hasobject:
        raise ValueError("an array from raw bytes without a plain type")
    array = _array(buffer, dtype, shape, order)
    if order != "K" or axes is None:
        return array
    return np.ascontiguousarray(array.transpose(checked_shape(axes)))


def make_scalar(dtype: Any, content: Any = b"") -> Any:
    if not isinstance(dtype, np.dtype) or dtype.hasobject:
        raise ValueError("a scalar without a plain type")
    return _array(content, dtype, (), "C")[()]


def checked_shape(shape: Any) -> tuple[int, ...]:
    shape = tuple(sequence(shape))
    if len(shape) > 32 or any(type(n) is not int or not 0 <= n <= MAX_ITEMS for n in shape):
        raise ValueError("an array shape that is negative, too large or not made of whole numbers")
    if math.prod(max(n, 1) for n in shape) > MAX_ITEMS:
        raise ValueError(f"array shape {shape} is too large")
    return shape


def sparse_matrix(by_column: bool) -> Maker:
    """`scipy.sparse` matrices become dense arrays."""

    def make(*args: Any) -> Pending:
        return Pending(lambda state: _dense(state_entries(state), by_column))

    return make


def _dense(state: dict[str, Any], by_column: bool) -> np.ndarray:
    shape = checked_shape(state.get("_shape", state.get("shape")))
    data = _row(state, "data", "biufc")
    indices, pointers = _row(state, "indices", "iu"), _row(state, "indptr", "iu")
    if len(shape) != 2:
        raise ValueError("a sparse matrix that does not have two dimensions")
    if math.prod(shape) * data.itemsize > MAX_DENSE:
        raise ValueError(f"a sparse matrix of shape {shape}, too large to make dense")
    major, minor = shape[::-1] if by_column else shape
    bounds = pointers.astype(np.int64)
    counts = bounds[1:] - bounds[:-1]
    if len(counts) != major or pointers[0] != 0 or (counts < 0).any() or counts.sum() > len(data):
        raise ValueError("a sparse matrix whose indptr does not fit")
    used = int(pointers[-1])
    if len(indices) < used or (used and not (0 <= indices[:used].min() <= indices[:used].max() < minor)):
        raise ValueError("a sparse matrix whose indices do not fit")
    dense = np.zeros((major, minor), data.dtype)
    np.add.at(dense, (np.repeat(np.arange(major), counts), indices[:used].astype(np.int64)), data[:used])
    return np.ascontiguousarray(dense.T) if by_column else dense


def _row(state: dict[str, Any], name: str, kinds: str) -> np.ndarray:
    row = state.get(name)
    if not isinstance(row, np.ndarray) or row.ndim != 1 or row.dtype.kind not in kinds:
        raise ValueError(f"a sparse matrix without its row of numbers '{name}'")
    return row
