"""What a pickle may name: each allowed global with the harmless function that stands in for it.

Nothing is imported by name and no raw callable of another library is reachable: a stand-in takes plain
data, checks it, and gives plain data. Those whose content follows in a separate state (arrays made by
`_reconstruct`, chumpy and scipy objects) give a `Pending`, which the state completes.
"""

import math
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import numpy as np

from .arrays import (
    array_from_buffer,
    checked_shape,
    make_dtype,
    make_scalar,
    reconstruct_array,
    sparse_matrix,
)
from .values import Global, Maker, Pending, key, raw, sequence, state_entries, text

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
    return bytes(raw(args[0]) if args else b"")


def _bytearray(*args: Any) -> bytearray:
    return bytearray(_encode(*args) if args and isinstance(args[0], str) else _bytes(*args))


def _set(items: Any = ()) -> set[Any]:
    return {key(item) for item in sequence(items)}


def _frozenset(items: Any = ()) -> frozenset[Any]:
    return frozenset(_set(items))


def _ordered(items: Any = ()) -> dict[Any, Any]:
    pairs = [sequence(pair) for pair in sequence(items)]
    return {key(name): value for name, value in pairs}


def _complex(real: float = 0.0, imaginary: float = 0.0) -> complex:
    return complex(float(real), float(imaginary))


def _object(*args: Any) -> Any:
    raise ValueError("a bare object")


# --- chumpy and scipy ---------------------------------------------------------------------------


def _chumpy(*args: Any) -> Pending:
    """`chumpy.ch.Ch` is its array `x`."""

    def build(state: Any) -> np.ndarray:
        value = state_entries(state).get("x")
        if not isinstance(value, np.ndarray):
            raise ValueError("a chumpy object without its array 'x'")
        return value

    return Pending(build)


# --- for callers that expect them: `load_pickle(…, extra=TORCH)` ----------------------------------


def _namespace(*args: Any) -> Pending:
    return Pending(lambda state: SimpleNamespace(**state_entries(state)))


def _path(*parts: Any) -> str:
    return "/".join(text(part) for part in parts).replace("//", "/")


def _tensor(storage: Any, offset: Any, size: Any, stride: Any, *_: Any) -> Any:
    """`torch._utils._rebuild_tensor_v2`, with its view checked against the storage."""
    import torch

    if not isinstance(storage, torch.Tensor) or storage.ndim != 1:
        raise ValueError("a tensor without a storage")
    size, (offset,) = checked_shape(size), checked_shape((offset,))
    stride = tuple(checked_shape((step,))[0] for step in sequence(stride))  # their product means nothing
    reach = offset + sum((n - 1) * step for n, step in zip(size, stride, strict=True))
    if math.prod(size) > len(storage) or (math.prod(size) and reach >= len(storage)):
        raise ValueError(f"a tensor of shape {size} on a storage of {len(storage)} numbers")
    view = torch.as_strided(storage, size, stride, offset)
    return view if view.numel() == len(storage) else view.clone()


def _storage(blob: Any) -> Any:
    """`torch.storage._load_from_bytes`: a file of torch inside the pickle, read as weights only."""
    from .torchfiles import storage_from_bytes

    return storage_from_bytes(raw(blob))


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
    "numpy.dtype": make_dtype,
    **{f"numpy.{m}.multiarray._reconstruct": reconstruct_array for m in ("core", "_core")},
    **{f"numpy.{m}.multiarray.scalar": make_scalar for m in ("core", "_core")},
    **{f"numpy.{m}.numeric._frombuffer": array_from_buffer for m in ("core", "_core")},
    "chumpy.ch.Ch": _chumpy,
    **{f"scipy.sparse.{m}.csc_matrix": sparse_matrix(True) for m in ("csc", "_csc")},
    **{f"scipy.sparse.{m}.csr_matrix": sparse_matrix(False) for m in ("csr", "_csr")},
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
    "torch.device": lambda kind, *_: text(kind),
}
