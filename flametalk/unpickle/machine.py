"""An interpreter of the pickle opcodes that can only build plain values.

Python's own unpickler imports what a file names and calls it. This one has no import and no call in it
but those of the stand-ins in `standins.py`, which check their arguments. Objects may only be completed by
their own stand-in, never changed afterwards. Memory stays in proportion to the size of the file.
"""

import struct
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ..errors import FileError, FormatError, UnsafeFileError
from .values import Global, Maker, Pending, key

FREE_MEMORY = 512 * 2**20  # a file may fill this much and four times its own size
OBJECT_BYTES = 64  # what a small object costs
MAX_LINE = 5000  # characters of a number written as text
MAX_OBJECT_ARRAYS = 1000
DAMAGE = (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError, struct.error)


class Machine:
    """A stack, a memo and one method per group of opcodes."""

    def __init__(
        self,
        data: bytes,
        label: str,
        encoding: str,
        allowed: Mapping[str, Maker],
        persistent: Callable[[Any], Any] | None,
        inert: bool | tuple[str, ...],
        size: int,
    ):
        self.data, self.at, self.label, self.encoding = data, 0, label, encoding
        self.allowed, self.persistent, self.inert = allowed, persistent, inert
        self.stack: list[Any] = []
        self.marks: list[int] = []
        self.memo: dict[int, Any] = {}
        self.keys_of_pending: dict[int, list[int]] = {}
        self.memory = FREE_MEMORY + 4 * size
        self.object_arrays = 0
        self.pending = 0  # objects whose state is still to come

    def run(self, steps: Mapping[bytes, Callable[["Machine"], None]]) -> Any:
        while True:
            code = self.take(1)
            if code == b".":
                break
            step = steps.get(code)
            if step is None:
                raise ValueError(f"unknown opcode {code!r}")
            self.spend(OBJECT_BYTES)
            step(self)
        if self.pending:
            raise ValueError("an object whose content is missing")
        return self.stack.pop()

    # --- reading ---------------------------------------------------------------------------------

    def take(self, n: int) -> bytes:
        end = self.at + n
        if n < 0 or end > len(self.data):
            raise FormatError(
                self.label, f"is cut off: {n:,} bytes expected at byte {self.at:,} of {len(self.data):,}"
            )
        start, self.at = self.at, end
        return self.data[start:end]

    def number(self, form: str) -> int:
        return int(struct.unpack(form, self.take(struct.calcsize(form)))[0])

    def line(self, limit: int | None = None) -> bytes:
        end = self.data.find(b"\n", self.at)
        if end < 0:
            raise FormatError(self.label, f"is cut off in a line of text at byte {self.at:,}")
        if limit is not None and end - self.at > limit:
            raise ValueError("a line of text is too long")
        start, self.at = self.at, end + 1
        return self.data[start:end]

    # --- memory ----------------------------------------------------------------------------------

    def spend(self, n: int) -> None:
        self.memory -= n
        if self.memory < 0:
            raise FormatError(self.label, "unfolds to far more memory than its size on disk; refused")

    def push(self, value: Any) -> None:
        """Push something new, counted against the memory allowed."""
        if isinstance(value, np.ndarray):
            self.spend(value.nbytes)
            if value.dtype == object:
                self.object_arrays += 1
                if self.object_arrays > MAX_OBJECT_ARRAYS:
                    raise ValueError("too many arrays of objects")
        elif isinstance(value, str | bytes | bytearray):
            self.spend(len(value))
        elif isinstance(value, set | frozenset):
            self.spend(256 + 64 * len(value))
        elif hasattr(value, "nbytes"):
            self.spend(int(value.nbytes))
        self.stack.append(value)

    # --- stack and memo ---------------------------------------------------------------------------

    def items(self) -> list[Any]:
        """What lies above the last mark."""
        start = self.marks.pop()
        taken = self.stack[start:]
        del self.stack[start:]
        return taken

    def pop(self) -> Any:
        if self.marks and self.marks[-1] == len(self.stack):
            raise ValueError("the stack is empty down to a mark")
        return self.stack.pop()

    def remember(self, index: int) -> None:
        value = self.stack[-1]
        self.memo[index] = value
        if isinstance(value, Pending):
            self.keys_of_pending.setdefault(id(value), []).append(index)

    def recall(self, index: int) -> None:
        if index not in self.memo:
            raise ValueError(f"no memo entry {index}")
        self.stack.append(self.memo[index])

    # --- containers -------------------------------------------------------------------------------

    def append(self, items: list[Any]) -> None:
        target = self.stack[-1]
        if self.is_inert(target):
            return
        if type(target) is not list:
            raise ValueError(f"items for a {type(target).__name__} instead of a list")
        target.extend(items)
        self.spend(8 * len(items))

    def set_items(self, items: list[Any]) -> None:
        target = self.stack[-1]
        if self.is_inert(target):
            return
        if type(target) is not dict:
            raise ValueError(f"entries for a {type(target).__name__} instead of a dictionary")
        target.update(pairs(items))

    def add_items(self, items: list[Any]) -> None:
        target = self.stack[-1]
        if type(target) is not set:
            raise ValueError(f"members for a {type(target).__name__} instead of a set")
        self.spend(64 * len(items))
        target.update(key(item) for item in items)

    # --- names and objects --------------------------------------------------------------------------

    def refuse(self, what: str) -> UnsafeFileError:
        return UnsafeFileError(
            self.label, f"asks for {what}, which a data file does not need; refused, nothing was run"
        )

    def find(self, module: Any, name: Any) -> Global:
        if not isinstance(module, str) or not isinstance(name, str):
            raise self.refuse("a name that is not text")
        full = f"{module}.{name}"
        make = self.allowed.get(full) if "." not in name else None
        if make is None and not self._may_stay(full):
            raise self.refuse(f"'{full[:200]}'")
        return Global(full, make)

    def _may_stay(self, name: str) -> bool:
        """Whether an unknown name is kept as a name: any one, or those of the modules in `inert`."""
        if isinstance(self.inert, bool):
            return self.inert
        return name.startswith(tuple(f"{module}." for module in self.inert))

    def is_inert(self, value: Any) -> bool:
        """An object of an unknown class, kept as the class's name; its content is dropped."""
        return bool(self.inert) and isinstance(value, Global) and value.make is None

    def call(self, target: Any, args: Any) -> None:
        if not isinstance(target, Global):
            raise self.refuse(f"a call of a {type(target).__name__}")
        if type(args) is not tuple:
            raise ValueError(f"arguments of type {type(args).__name__}")
        try:
            value = target if target.make is None else target.make(*args)
        except FileError as error:  # from a file inside this one
            raise type(error)(self.label, error.problem) from error
        self.pending += isinstance(value, Pending)
        self.push(value)

    def build(self) -> None:
        state, target = self.pop(), self.pop()
        if type(target) is dict or self.is_inert(target):
            self.stack.append(target)  # attributes beside a dictionary's entries are dropped
            return
        if not isinstance(target, Pending):
            raise self.refuse(f"a change of a finished {type(target).__name__}")
        value = target.build(state)
        self.pending -= 1
        for index in self.keys_of_pending.pop(id(target), ()):
            if self.memo.get(index) is target:
                self.memo[index] = value
        self.push(value)

    def persist(self, identity: Any) -> None:
        if self.persistent is None:
            raise self.refuse("an object outside the file (a persistent id)")
        self.push(self.persistent(identity))

    def old_string(self, raw: bytes) -> Any:
        return raw if self.encoding == "bytes" else raw.decode(self.encoding)


def pairs(items: list[Any]) -> dict[Any, Any]:
    if len(items) % 2:
        raise ValueError("a key without a value")
    return {key(name): value for name, value in zip(items[::2], items[1::2], strict=True)}
