"""Compilation of the kernels: cached on disk, so that only the first run ever waits for it.

Numba keeps the machine code in `__pycache__` beside the source, or in the user's cache folder where the
package is read-only (`NUMBA_CACHE_DIR` overrides both). Where neither can be written, kernels still
compile, once per process. A kernel calls only functions of its own file: numba checks the age of that
file alone when it decides whether the cached code is still good. What kernels of several files share is a
kernel of its own, and plain Python calls one after the other, as `head/dense.py` does with `normals.py`.
"""

import inspect
from collections.abc import Callable
from typing import Any

from numba import njit

OPTIONS: dict[str, Any] = {"nogil": True, "error_model": "numpy"}


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """Exact arithmetic: the same operations in the same order as NumPy's."""
    return _jit(function, fastmath=False)


def compiled_fast(function: Callable[..., Any]) -> Callable[..., Any]:
    """Free order of operations and fused multiply-adds; for values that are finite and never compared
    exactly."""
    return _jit(function, fastmath=True)


def inlined(function: Callable[..., Any]) -> Callable[..., Any]:
    """A helper that only other kernels of the same file call."""
    return njit(inline="never", fastmath=True, **OPTIONS)(inspect.unwrap(function))


def _jit(function: Callable[..., Any], fastmath: bool) -> Callable[..., Any]:
    function = inspect.unwrap(function)  # run-time type checks stay outside
    try:
        return njit(cache=True, fastmath=fastmath, **OPTIONS)(function)
    except RuntimeError:  # no folder for the cache can be written
        return njit(fastmath=fastmath, **OPTIONS)(function)
