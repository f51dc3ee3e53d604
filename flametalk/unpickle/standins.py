"""What a pickle may name: each allowed global with the harmless function that stands in for it.

Nothing is imported by name and no raw callable of another library is reachable: a stand-in takes plain
data, checks it, and gives plain data. Those whose content follows in a separate state (arrays made by
`_reconstruct`, chumpy and scipy objects) give a `Pending`, which the state completes.
"""

import math
import re
from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any

import numpy as np

Maker = Callable[..., Any]
MAX_ITEMS = 2**31  # elements of one array
MAX_DENSE = 2**26  # bytes of one sparse matrix made dense
_DTYPE = re.compile(r"[<>|=]?(b1|[iu][1248]|f[248]|c8|c16|[SU][1-9][0-9]{0,5}|O8?|\?)")
_BYTE_ORDER = "<>|="


class Global:
    """A global that a pickle named: nothing but its name and, if allowed, its stand-in."""

    __slots__ = ("make", "name")

    def __init__(self, name: str, make: Maker | None = None):
        self.name, self.make = name, make

    def __repr__(self) -> str:
        return f"<global {self.name}>"


class Pending:
    """An object whose state is still to come; `build` turns the state into the value."""

    def __init__(self, kind: str, build: Callable[[Any], Any]):
        self.kind, self.build = kind, build


# --- Python's own -------------------------------------------------------------------------------


def _reconstructor(cls: Any, base: Any, state: Any = None) -> Any:
    """`copy_reg._reconstructor(cls, object, None)`: how Python 2 makes an instance."""
    if not isinstance(cls, Global) or cls.make is None:
        raise ValueError("_reconstructor without a class")
    if not isinstance(base, Global) or base.name not in OBJECT_NAMES or state is not None:
        raise ValueError(f"_reconstructor of {cls.name} with another base than object")
    return cls.make()


def _encode(text: str, encoding: str = "latin1") -> bytes:
    """`_codecs.encode`: how Python 3 writes bytes at protocol 2 and below."""
    if not isinstance(text, str) or encoding not in ("latin1", "latin-1", "iso-8859-1", "utf-8", "ascii"):
        raise ValueError("_codecs.encode with an unknown encoding")
    return text.encode(encoding)


def _bytes(*args: Any) -> bytes:
    return bytes(_raw(args[0]) if args else b"")


def _bytearray(*args: Any) -> bytearray:
    return bytearray(_bytes(*args[:1]) if not args or not isinstance(args[0], str) else _encode(*args))


def _set(items: Any = ()) -> set[Any]:
    return {key(item) for item in _sequence(items)}


def _frozenset(items: Any = ()) -> frozenset[Any]:
    return frozenset(_set(items))


def _ordered(items: Any = ()) -> dict[Any, Any]:
    pairs = [_sequence(pair) for pair in _sequence(items)]
    return {key(name): value for name, value in pairs}


def _complex(real: float = 0.0, imaginary: float = 0.0) -> complex:
    return complex(float(real), float(imaginary))


def _object(*args: Any) -> Any:
    raise ValueError("a bare object")


def key(value: Any, depth: int = 0) -> Any:
    """A dictionary key or set member: scalars, or small tuples of them; so that hashing stays cheap."""
    if isinstance(value, tuple) and len(value) <= 32 and depth < 3:
        return tuple(key(item, depth + 1) for item in value)
    if isinstance(value, int) and abs(value) >= 2**60:
        raise ValueError("a key beyond 60 bits")
    if value is None or isinstance(value, str | bytes | int | float | bool | np.generic | Global):
        return value
    raise ValueError(f"a key of type {type(value).__name__}")


def _sequence(items: Any) -> list[Any] | tuple[Any, ...]:
    if not isinstance(items, list | tuple):
        raise ValueError(f"{type(items).__name__} where a list was expected")
    return items


# --- numpy --------------------------------------------------------------------------------------


def _dtype(code: Any, align: Any = False, copy: Any = True) -> Pending:
    """`numpy.dtype('f8', 0, 1)`, completed by a state that holds the byte order."""
    dtype = checked_dtype(code)

    def build(state: Any) -> np.dtype:
        state = _sequence(state)
        order = _text(state[1])
        if len(order) != 1 or order not in _BYTE_ORDER or state[2:5] != (None, None, None):
            raise ValueError("an array type with fields or an unknown byte order")
        if state[5] not in (-1, dtype.itemsize):
            raise ValueError(f"array type {dtype} with another item size")
        return dtype if order == "|" or dtype.hasobject else np.dtype(order + dtype.str[1:])

    return Pending("numpy.dtype", build)


def checked_dtype(code: Any) -> np.dtype:
    text = _text(code)
    if not _DTYPE.fullmatch(text):
        raise ValueError(f"array type {text[:40]!r}; plain numbers, text and objects are read")
    return np.dtype(text)


def _reconstruct(subtype: Any, shape: Any = (0,), code: Any = b"b") -> Pending:
    """`numpy…_reconstruct(ndarray, (0,), 'b')`: an array whose content follows as its state."""
    if not isinstance(subtype, Global) or subtype.name != "numpy.ndarray":
        raise ValueError("_reconstruct of another class than numpy.ndarray")

    def build(state: Any) -> np.ndarray:
        _, shape, dtype, fortran, content = (
            _sequence(state)[-5:] if len(state) == 5 else (1, *_sequence(state))
        )
        return _array(content, dtype, shape, "F" if fortran else "C")

    return Pending("numpy.ndarray", build)


def _array(content: Any, dtype: Any, shape: Any, order: str) -> np.ndarray:
    shape = checked_shape(shape)
    size = math.prod(shape)
    if not isinstance(dtype, np.dtype):
        raise ValueError("an array without a type")
    if dtype.hasobject:
        content = _sequence(content)
        if len(content) != size:
            raise ValueError(f"an array of shape {shape} with {len(content)} objects")
        objects = np.empty(size, dtype=object)
        for i, item in enumerate(content):
            objects[i] = item
        return objects.reshape(shape, order="F" if order == "F" else "C")
    raw = _raw(content)
    if len(raw) != size * dtype.itemsize:
        raise ValueError(f"an array of shape {shape}, type {dtype}, with {len(raw)} bytes")
    return np.frombuffer(raw, dtype=dtype).reshape(shape, order="F" if order == "F" else "C").copy(order="C")


def _frombuffer(buffer: Any, dtype: Any, shape: Any, order: Any, axes: Any = None) -> np.ndarray:
    """`numpy…_frombuffer`: how protocol 5 writes arrays."""
    if order not in ("C", "F", "K"):
        raise ValueError("an unknown array order")
    if not isinstance(dtype, np.dtype) or dtype.hasobject:
        raise ValueError("an array from raw bytes without a plain type")
    array = _array(buffer, dtype, shape, order)
    return (
        array if order != "K" or axes is None else np.ascontiguousarray(array.transpose(checked_shape(axes)))
    )


def _scalar(dtype: Any, content: Any = b"") -> Any:
    if not isinstance(dtype, np.dtype) or dtype.hasobject:
        raise ValueError("a scalar without a plain type")
    return _array(content, dtype, (), "C")[()]


def checked_shape(shape: Any) -> tuple[int, ...]:
    shape = tuple(_sequence(shape))
    if len(shape) > 32 or any(type(n) is not int or not 0 <= n <= MAX_ITEMS for n in shape):
        raise ValueError("an array shape that is negative, too large or not made of whole numbers")
    if math.prod(max(n, 1) for n in shape) > MAX_ITEMS:
        raise ValueError(f"array shape {shape} is too large")
    return shape


def _raw(content: Any) -> bytes:
    """Raw bytes; Python 2 strings were decoded as latin1 on the way in."""
    if isinstance(content, str):
        return content.encode("latin1")
    if isinstance(content, bytes | bytearray):
        return bytes(content)
    raise ValueError(f"{type(content).__name__} where raw bytes were expected")


def _text(value: Any) -> str:
    if isinstance(value, bytes):
        return value.decode("latin1")
    if not isinstance(value, str):
        raise ValueError(f"{type(value).__name__} where text was expected")
    return value


# --- chumpy and scipy ---------------------------------------------------------------------------


def _state(state: Any) -> dict[str, Any]:
    if isinstance(state, tuple) and len(state) == 2:  # (dictionary, slots)
        state = state[0]
    if not isinstance(state, dict):
        raise ValueError(f"a state of type {type(state).__name__}")
    return {_text(name): value for name, value in state.items()}


def _chumpy(*args: Any) -> Pending:
    """`chumpy.ch.Ch` is its array `x`."""

    def build(state: Any) -> np.ndarray:
        value = _state(state).get("x")
        if not isinstance(value, np.ndarray):
            raise ValueError("a chumpy object without its array 'x'")
        return value

    return Pending("chumpy.ch.Ch", build)


def _sparse(by_column: bool) -> Maker:
    """`scipy.sparse` matrices become dense arrays."""

    def make(*args: Any) -> Pending:
        return Pending("scipy.sparse", lambda state: _dense(_state(state), by_column))

    return make


def _dense(state: dict[str, Any], by_column: bool) -> np.ndarray:
    shape = checked_shape(state.get("_shape", state.get("shape")))
    data, indices, pointers = (state.get(name) for name in ("data", "indices", "indptr"))
    if not all(isinstance(a, np.ndarray) and a.ndim == 1 for a in (data, indices, pointers)):
        raise ValueError("a sparse matrix without data, indices and indptr")
    assert (
        isinstance(data, np.ndarray) and isinstance(indices, np.ndarray) and isinstance(pointers, np.ndarray)
    )
    if (
        len(shape) != 2
        or data.dtype.kind not in "biufc"
        or any(a.dtype.kind not in "iu" for a in (indices, pointers))
    ):
        raise ValueError("a sparse matrix of another kind than two-dimensional numbers")
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


# --- for callers that expect them: `load_pickle(…, extra=TORCH)` ----------------------------------


def _namespace(*args: Any) -> Pending:
    return Pending("argparse.Namespace", lambda state: SimpleNamespace(**_state(state)))


def _path(*parts: Any) -> str:
    return "/".join(_text(part) for part in parts).replace("//", "/")


def _tensor(storage: Any, offset: Any, size: Any, stride: Any, *_: Any) -> Any:
    """`torch._utils._rebuild_tensor_v2`, with its view checked against the storage."""
    import torch

    if not isinstance(storage, torch.Tensor) or storage.ndim != 1:
        raise ValueError("a tensor without a storage")
    size, stride, (offset,) = checked_shape(size), checked_shape(stride), checked_shape((offset,))
    reach = offset + sum((n - 1) * step for n, step in zip(size, stride, strict=True))
    if math.prod(size) > len(storage) or (math.prod(size) and reach >= len(storage)):
        raise ValueError(f"a tensor of shape {size} on a storage of {len(storage)} numbers")
    view = torch.as_strided(storage, size, stride, offset)
    return view if view.numel() == len(storage) else view.clone()


def _storage(blob: Any) -> Any:
    """`torch.storage._load_from_bytes`: a file of torch inside the pickle, read as weights only."""
    from .torchfiles import storage_from_bytes

    return storage_from_bytes(_raw(blob))


OBJECT_NAMES = ("__builtin__.object", "builtins.object")

PLAIN: Mapping[str, Maker] = {
    **dict.fromkeys(("copy_reg._reconstructor", "copyreg._reconstructor"), _reconstructor),
    **dict.fromkeys(OBJECT_NAMES, _object),
    "_codecs.encode": _encode,
    "collections.OrderedDict": _ordered,
    **{f"{m}.set": _set for m in ("__builtin__", "builtins")},
    **{f"{m}.frozenset": _frozenset for m in ("__builtin__", "builtins")},
    **{f"{m}.bytes": _bytes for m in ("__builtin__", "builtins")},
    **{f"{m}.bytearray": _bytearray for m in ("__builtin__", "builtins")},
    **{f"{m}.complex": _complex for m in ("__builtin__", "builtins")},
    "numpy.ndarray": _object,
    "numpy.dtype": _dtype,
    **{f"numpy.{m}.multiarray._reconstruct": _reconstruct for m in ("core", "_core")},
    **{f"numpy.{m}.multiarray.scalar": _scalar for m in ("core", "_core")},
    **{f"numpy.{m}.numeric._frombuffer": _frombuffer for m in ("core", "_core")},
    "chumpy.ch.Ch": _chumpy,
    **{f"scipy.sparse.{m}.csc_matrix": _sparse(True) for m in ("csc", "_csc")},
    **{f"scipy.sparse.{m}.csr_matrix": _sparse(False) for m in ("csr", "_csr")},
}
NAMESPACE: Mapping[str, Maker] = {"argparse.Namespace": _namespace}
PATHS: Mapping[str, Maker] = {
    f"{module}.{kind}": _path
    for module in ("pathlib", "pathlib._local")
    for kind in ("Path", "PosixPath", "WindowsPath", "PurePosixPath", "PureWindowsPath")
}
TORCH: Mapping[str, Maker] = {
    "torch._utils._rebuild_tensor_v2": _tensor,
    "torch.storage._load_from_bytes": _storage,
    "torch._utils._rebuild_parameter": lambda tensor, *_: tensor,
    "torch.Size": lambda sizes=(): checked_shape(sizes),
    "torch.device": lambda kind, *_: _text(kind),
}
