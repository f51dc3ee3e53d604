"""The pieces that stand-ins are made of: names, objects still to be completed, and checks of plain data."""

from collections.abc import Callable
from typing import Any

import numpy as np

Maker = Callable[..., Any]  # takes the pickled arguments, gives a value or a `Pending`


class Global:
    """A global that a pickle named: nothing but its name and, if allowed, its stand-in."""

    __slots__ = ("make", "name")

    def __init__(self, name: str, make: Maker | None = None):
        self.name, self.make = name, make

    def __repr__(self) -> str:
        return f"<global {self.name}>"


class Pending:
    """An object whose state is still to come; `build` turns the state into the value."""

    def __init__(self, build: Callable[[Any], Any]):
        self.build = build


def key(value: Any, depth: int = 0) -> Any:
    """A dictionary key or set member: scalars, or small tuples of them; so that hashing stays cheap."""
    if isinstance(value, tuple) and len(value) <= 32 and depth < 3:
        return tuple(key(item, depth + 1) for item in value)
    if isinstance(value, int) and abs(value) >= 2**60:
        raise ValueError("a key beyond 60 bits")
    if value is None or isinstance(value, str | bytes | int | float | bool | np.generic | Global):
        return value
    raise ValueError(f"a key of type {type(value).__name__}")


def sequence(items: Any) -> list[Any] | tuple[Any, ...]:
    if not isinstance(items, list | tuple):
        raise ValueError(f"{type(items).__name__} where a list was expected")
    return items


def raw(content: Any) -> bytes:
    """Raw bytes; Python 2 strings were decoded as latin1 on the way in."""
    if isinstance(content, str):
        return content.encode("latin1")
    if isinstance(content, bytes | bytearray):
        return bytes(content)
    raise ValueError(f"{type(content).__name__} where raw bytes were expected")


def text(value: Any) -> str:
    if isinstance(value, bytes):
        return value.decode("latin1")
    if not isinstance(value, str):
        raise ValueError(f"{type(value).__name__} where text was expected")
    return value


def state_entries(state: Any) -> dict[str, Any]:
    if isinstance(state, tuple) and len(state) == 2:  # (dictionary, slots)
        state = state[0]
    if not isinstance(state, dict):
        raise ValueError(f"a state of type {type(state).__name__}")
    return {text(name): value for name, value in state.items()}
