"""Compilation of the recursions over time: cached on disk, so that only the first run waits for it."""

import inspect
from collections.abc import Callable
from typing import Any

from numba import njit


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """Machine code for `function`, which may call only compiled functions of its own file."""
    plain = inspect.unwrap(function)  # run-time type checks stay outside
    options: dict[str, Any] = {"nogil": True, "error_model": "numpy", "fastmath": True}
    try:
        return njit(cache=True, **options)(plain)
    except RuntimeError:  # no folder for the cache can be written
        return njit(**options)(plain)
