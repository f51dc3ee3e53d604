"""An interpreter of the pickle opcodes that can only build plain values.

Python's own unpickler imports what a file names and calls it. This one has no import and no call in it
but those of the stand-ins in `pickled.py`, which check their arguments. Objects may only be completed by
their own stand-in, never changed afterwards. Memory stays in proportion to the size of the file.
"""

import codecs
import struct
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from .errors import FormatError, UnsafeFileError
from .pickled import Global, Maker, Pending, key

FREE_MEMORY = 512 * 2**20  # a file may fill this much and four times its own size
OBJECT_BYTES = 64  # what a small object costs
MAX_LINE = 5000  # characters of a number written as text
MAX_OBJECT_ARRAYS = 1000
DAMAGE = (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError, struct.error)


def run(
    data: bytes,
    label: str,
    encoding: str,
    allowed: Mapping[str, Maker],
    persistent: Callable[[Any], Any] | None = None,
    inert: bool = False,
) -> Any:
    """Interpret one pickle. `persistent` resolves persistent ids; `inert` keeps unknown names as names."""
    machine = _Machine(data, label, encoding, allowed, persistent, inert)
    try:
        return machine.run()
    except DAMAGE as error:
        detail = str(error) or type(error).__name__
        raise FormatError(label, f"not a readable pickle: {detail} (byte {machine.at:,})") from error
    except (MemoryError, RecursionError) as error:
        raise FormatError(label, "asks for more memory than it may use") from error


class _Machine:
    """A stack, a memo and one method per group of opcodes."""

    def __init__(
        self,
        data: bytes,
        label: str,
        encoding: str,
        allowed: Mapping[str, Maker],
        persistent: Callable[[Any], Any] | None,
        inert: bool,
    ):
        self.data, self.at, self.label, self.encoding = data, 0, label, encoding
        self.allowed, self.persistent, self.inert = allowed, persistent, inert
        self.stack: list[Any] = []
        self.marks: list[int] = []
        self.memo: dict[int, Any] = {}
        self.keys_of_pending: dict[int, list[int]] = {}
        self.memory = FREE_MEMORY + 4 * len(data)
        self.object_arrays = 0

    def run(self) -> Any:
        while True:
            code = self.take(1)
            if code == b".":
                break
            step = _STEPS.get(code)
            if step is None:
                raise ValueError(f"unknown opcode {code!r}")
            self.spend(OBJECT_BYTES)
            step(self)
        value = self.stack.pop()
        if isinstance(value, Pending):
            raise ValueError(f"{value.kind} without content")
        return value

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
        target.update(_pairs(items))

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
        if make is None and not self.inert:
            raise self.refuse(f"'{full[:200]}'")
        return Global(full, make)

    def is_inert(self, value: Any) -> bool:
        """An object of an unknown class, kept as the class's name; its content is dropped."""
        return self.inert and isinstance(value, Global) and value.make is None

    def call(self, target: Any, args: Any) -> None:
        if not isinstance(target, Global):
            raise self.refuse(f"a call of a {type(target).__name__}")
        if type(args) is not tuple:
            raise ValueError(f"arguments of type {type(args).__name__}")
        self.push(target if target.make is None else target.make(*args))

    def build(self) -> None:
        state, target = self.pop(), self.pop()
        if type(target) is dict or self.is_inert(target):
            self.stack.append(target)  # attributes beside a dictionary's entries are dropped
            return
        if not isinstance(target, Pending):
            raise self.refuse(f"a change of a finished {type(target).__name__}")
        value = target.build(state)
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


def _pairs(items: list[Any]) -> dict[Any, Any]:
    if len(items) % 2:
        raise ValueError("a key without a value")
    return {key(name): value for name, value in zip(items[::2], items[1::2], strict=True)}


# --- one small function per opcode -----------------------------------------------------------------


def _sized(form: str, decode: Callable[[_Machine, bytes], Any]) -> Callable[[_Machine], None]:
    """Length in `form`, then that many bytes."""

    def step(m: _Machine) -> None:
        m.push(decode(m, m.take(m.number(form))))

    return step


def _constant(make: Callable[[], Any]) -> Callable[[_Machine], None]:
    return lambda m: m.push(make())


def _tuple_of(n: int) -> Callable[[_Machine], None]:
    def step(m: _Machine) -> None:
        items = tuple(m.pop() for _ in range(n))
        m.push(items[::-1])

    return step


def _int_line(m: _Machine) -> None:
    text = m.line(MAX_LINE)
    m.push({b"00": False, b"01": True}[text] if text in (b"00", b"01") else int(text))


def _quoted(m: _Machine) -> None:
    text = m.line().strip()
    if len(text) < 2 or text[:1] != text[-1:] or text[:1] not in b"'\"":
        raise ValueError("a string without quotes")
    m.push(m.old_string(codecs.escape_decode(text[1:-1])[0]))


def _setitem(m: _Machine) -> None:
    value, name = m.pop(), m.pop()
    m.set_items([name, value])


def _pop(m: _Machine) -> None:
    if m.marks and m.marks[-1] == len(m.stack):
        m.marks.pop()
    else:
        m.stack.pop()


def _pop_mark(m: _Machine) -> None:
    m.items()


def _name(m: _Machine) -> Any:
    return m.line(MAX_LINE).decode("utf-8")


def _stack_global(m: _Machine) -> None:
    name, module = m.pop(), m.pop()
    m.push(m.find(module, name))


def _reduce(m: _Machine) -> None:
    args, target = m.pop(), m.pop()
    m.call(target, args)


def _new_ex(m: _Machine) -> None:
    options, args, target = m.pop(), m.pop(), m.pop()
    if options != {}:
        raise m.refuse("an object made with named arguments")
    m.call(target, args)


def _inst(m: _Machine) -> None:
    target, args = m.find(_name(m), _name(m)), m.items()
    m.call(target, tuple(args))


def _obj(m: _Machine) -> None:
    target, *args = m.items()
    m.call(target, tuple(args))


def _forbidden(what: str) -> Callable[[_Machine], None]:
    def step(m: _Machine) -> None:
        raise m.refuse(what)

    return step


def _frame(m: _Machine) -> None:
    size = m.number("<Q")
    if size > len(m.data) - m.at:
        raise FormatError(m.label, f"is cut off: a block of {size:,} bytes, {len(m.data) - m.at:,} left")


def _protocol(m: _Machine) -> None:
    if m.number("<B") > 5:
        raise ValueError("a pickle protocol above 5")


_EXTENSION = _forbidden("an object of Python's extension registry")
_OUTSIDE = _forbidden("a buffer outside the file")

_STEPS: dict[bytes, Callable[[_Machine], None]] = {
    b"\x80": _protocol,
    b"\x95": _frame,
    # numbers and constants
    b"N": _constant(lambda: None),
    b"\x88": _constant(lambda: True),
    b"\x89": _constant(lambda: False),
    b"I": _int_line,
    b"L": lambda m: m.push(int(m.line(MAX_LINE).removesuffix(b"L"))),
    b"F": lambda m: m.push(float(m.line(MAX_LINE))),
    b"J": lambda m: m.push(m.number("<i")),
    b"K": lambda m: m.push(m.number("<B")),
    b"M": lambda m: m.push(m.number("<H")),
    b"\x8a": _sized("<B", lambda m, raw: int.from_bytes(raw, "little", signed=True)),
    b"\x8b": _sized("<i", lambda m, raw: int.from_bytes(raw, "little", signed=True)),
    b"G": lambda m: m.push(struct.unpack(">d", m.take(8))[0]),
    # text and bytes
    b"S": _quoted,
    b"T": _sized("<i", lambda m, raw: m.old_string(raw)),
    b"U": _sized("<B", lambda m, raw: m.old_string(raw)),
    b"V": lambda m: m.push(m.line().decode("raw-unicode-escape")),
    b"X": _sized("<I", lambda m, raw: raw.decode("utf-8", "surrogatepass")),
    b"\x8c": _sized("<B", lambda m, raw: raw.decode("utf-8", "surrogatepass")),
    b"\x8d": _sized("<Q", lambda m, raw: raw.decode("utf-8", "surrogatepass")),
    b"B": _sized("<I", lambda m, raw: raw),
    b"C": _sized("<B", lambda m, raw: raw),
    b"\x8e": _sized("<Q", lambda m, raw: raw),
    b"\x96": _sized("<Q", lambda m, raw: bytearray(raw)),
    # containers
    b"(": lambda m: m.marks.append(len(m.stack)),
    b"0": _pop,
    b"1": _pop_mark,
    b"2": lambda m: m.stack.append(m.stack[-1]),
    b"]": _constant(list),
    b"l": lambda m: m.push(m.items()),
    b"a": lambda m: m.append([m.pop()]),
    b"e": lambda m: m.append(m.items()),
    b")": _constant(tuple),
    b"t": lambda m: m.push(tuple(m.items())),
    b"\x85": _tuple_of(1),
    b"\x86": _tuple_of(2),
    b"\x87": _tuple_of(3),
    b"}": _constant(dict),
    b"d": lambda m: m.push(_pairs(m.items())),
    b"s": _setitem,
    b"u": lambda m: m.set_items(m.items()),
    b"\x8f": _constant(set),
    b"\x90": lambda m: m.add_items(m.items()),
    b"\x91": lambda m: m.push(frozenset(key(item) for item in m.items())),
    # memo
    b"g": lambda m: m.recall(int(m.line(MAX_LINE))),
    b"h": lambda m: m.recall(m.number("<B")),
    b"j": lambda m: m.recall(m.number("<I")),
    b"p": lambda m: m.remember(int(m.line(MAX_LINE))),
    b"q": lambda m: m.remember(m.number("<B")),
    b"r": lambda m: m.remember(m.number("<I")),
    b"\x94": lambda m: m.remember(len(m.memo)),
    # names and objects
    b"c": lambda m: m.push(m.find(_name(m), _name(m))),
    b"\x93": _stack_global,
    b"R": _reduce,
    b"b": lambda m: m.build(),
    b"i": _inst,
    b"o": _obj,
    b"\x81": _reduce,
    b"\x92": _new_ex,
    b"P": lambda m: m.persist(_name(m)),
    b"Q": lambda m: m.persist(m.pop()),
    b"\x82": _EXTENSION,
    b"\x83": _EXTENSION,
    b"\x84": _EXTENSION,
    b"\x97": _OUTSIDE,
    b"\x98": _OUTSIDE,
}
