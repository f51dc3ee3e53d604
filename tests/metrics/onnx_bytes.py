"""A tiny ONNX network, written byte by byte: (n, 3, h, w) → the mean of each channel, (n, 3).

Protocol buffers are fields of a number and a wire type: 0 a varint, 2 bytes with their length before them.
"""


def _varint(value: int) -> bytes:
    out = b""
    while value > 0x7F:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _bytes(field: int, value: bytes | str) -> bytes:
    data = value.encode() if isinstance(value, str) else value
    return _varint(field << 3 | 2) + _varint(len(data)) + data


def _tensor_type(name: str, sides: list[int | str]) -> bytes:
    dims = b"".join(_bytes(1, _number(1, s) if isinstance(s, int) else _bytes(2, s)) for s in sides)
    tensor = _number(1, 1) + _bytes(2, dims)  # element type 1: float
    return _bytes(1, name) + _bytes(2, _bytes(1, tensor))


def averaging_network() -> bytes:
    pool = _bytes(1, "x") + _bytes(2, "pooled") + _bytes(4, "GlobalAveragePool")
    flat = _bytes(1, "pooled") + _bytes(2, "y") + _bytes(4, "Flatten")
    graph = _bytes(1, pool) + _bytes(1, flat) + _bytes(2, "means")
    graph += _bytes(11, _tensor_type("x", ["n", 3, "h", "w"])) + _bytes(12, _tensor_type("y", ["n", 3]))
    return _number(1, 8) + _bytes(7, graph) + _bytes(8, _number(2, 13))
