"""The pickle opcodes, one small function each, and `run`, which interprets a whole pickle."""

import codecs
import struct
from collections.abc import Callable, Mapping
from typing import Any

from ..errors import FormatError
from .machine import DAMAGE, MAX_LINE, Machine, pairs
from .values import Maker, key


def run(
    data: bytes,
    label: str,
    encoding: str,
    allowed: Mapping[str, Maker],
    persistent: Callable[[Any], Any] | None = None,
    inert: bool | tuple[str, ...] = False,
    size: int | None = None,
) -> Any:
    """Interpret one pickle. `persistent` resolves persistent ids; `inert` keeps unknown names as names:
    all, or those of the modules listed.

    `size` is that of the whole file, where the pickle is a part of it: memory is granted in proportion.
    """
    machine = Machine(data, label, encoding, allowed, persistent, inert, size or len(data))
    try:
        return machine.run(_STEPS)
    except DAMAGE as error:
        detail = str(error) or type(error).__name__
        raise FormatError(label, f"not a readable pickle: {detail} (byte {machine.at:,})") from error
    except (MemoryError, RecursionError) as error:
        raise FormatError(label, "asks for more memory than it may use") from error


def _sized(form: str, decode: Callable[[Machine, bytes], Any]) -> Callable[[Machine], None]:
    """Length in `form`, then that many bytes."""

    def step(m: Machine) -> None:
        m.push(decode(m, m.take(m.number(form))))

    return step


def _constant(make: Callable[[], Any]) -> Callable[[Machine], None]:
    return lambda m: m.push(make())


def _tuple_of(n: int) -> Callable[[Machine], None]:
    def step(m: Machine) -> None:
        items = tuple(m.pop() for _ in range(n))
        m.push(items[::-1])

    return step


def _int_line(m: Machine) -> None:
    text = m.line(MAX_LINE)
    m.push({b"00": False, b"01": True}[text] if text in (b"00", b"01") else int(text))


def _quoted(m: Machine) -> None:
    text = m.line().strip()
    if len(text) < 2 or text[:1] != text[-1:] or text[:1] not in b"'\"":
        raise ValueError("a string without quotes")
    m.push(m.old_string(codecs.escape_decode(text[1:-1])[0]))


def _setitem(m: Machine) -> None:
    value, name = m.pop(), m.pop()
    m.set_items([name, value])


def _pop(m: Machine) -> None:
    if m.marks and m.marks[-1] == len(m.stack):
        m.marks.pop()
    else:
        m.stack.pop()


def _pop_mark(m: Machine) -> None:
    m.items()


def _name(m: Machine) -> Any:
    return m.line(MAX_LINE).decode("utf-8")


def _stack_global(m: Machine) -> None:
    name, module = m.pop(), m.pop()
    m.push(m.find(module, name))


def _reduce(m: Machine) -> None:
    args, target = m.pop(), m.pop()
    m.call(target, args)


def _new_ex(m: Machine) -> None:
    options, args, target = m.pop(), m.pop(), m.pop()
    if options != {}:
        raise m.refuse("an object made with named arguments")
    m.call(target, args)


def _inst(m: Machine) -> None:
    target, args = m.find(_name(m), _name(m)), m.items()
    m.call(target, tuple(args))


def _obj(m: Machine) -> None:
    target, *args = m.items()
    m.call(target, tuple(args))


def _forbidden(what: str) -> Callable[[Machine], None]:
    def step(m: Machine) -> None:
        raise m.refuse(what)

    return step


def _frame(m: Machine) -> None:
    size = m.number("<Q")
    if size > len(m.data) - m.at:
        raise FormatError(m.label, f"is cut off: a block of {size:,} bytes, {len(m.data) - m.at:,} left")


def _protocol(m: Machine) -> None:
    if m.number("<B") > 5:
        raise ValueError("a pickle protocol above 5")


_EXTENSION = _forbidden("an object of Python's extension registry")
_OUTSIDE = _forbidden("a buffer outside the file")

_STEPS: dict[bytes, Callable[[Machine], None]] = {
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
    b"d": lambda m: m.push(pairs(m.items())),
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
