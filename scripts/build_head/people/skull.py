# ruff: noqa: RUF005 (sums of arrays, not lists)
"""The braincase, the forehead and the size of the whole."""

from .attribute import Attribute
from .fields import both, move, ramp, step, swell


def _size(a):
    base = a.menton + [0, -40.0, -100.0]
    return lambda p: 0.020 * (p - base) * step(p[:, 1], base[1] - 45, base[1] + 40)[:, None]


def _length(a):
    def field(p):
        back = 4.6 * step(-p[:, 2], -60, -a.occiput[2]) * step(p[:, 1], -125, 10)
        front = 1.2 * step(p[:, 2], 0, 90) * step(p[:, 1], -10, 40)
        return (front - back)[:, None] * [0.0, 0.0, 1.0]

    return field


def _breadth(a):
    def field(p):
        high = step(p[:, 1], a.tragion[1] - 55, a.tragion[1] + 40)
        front = 1 - 0.65 * step(p[:, 2], 20, 95)
        return (2.3 * p[:, 0] / a.side[0] * high * front)[:, None] * [1.0, 0.0, 0.0]

    return field


def _height(a):
    knots = [(20, 0), (45, 1.3), (a.vertex[1] - 25, 4.7), (a.vertex[1], 5.7), (a.vertex[1] + 20, 5.9)]
    return lambda p: ramp(p[:, 1], knots)[:, None] * [0.0, 1.0, 0.0]


def attributes(a):
    forehead = a.brow[0] * [0, 0, 1] + [0, 62.0, -8.0]
    top = (a.vertex + forehead) / 2 + [0, 12.0, 8.0]
    side = a.side
    return [
        Attribute("size", _size(a), broad=True),
        Attribute("head length", _length(a), broad=True),
        Attribute("head breadth", _breadth(a), broad=True),
        Attribute("head height", _height(a), broad=True),
        Attribute("occiput", move(a.occiput + [0, -8, 0], (48, 38, 45), (0, 0, -3.6)), broad=True),
        Attribute("crown", move(a.vertex + [0, 0, -45], (62, 36, 46), (0, 3.0, -2.0)), broad=True),
        Attribute("parietal width", both(swell(side + [0, 30, -25], (30, 30, 42), 1.7)), broad=True),
        Attribute("forehead slope", move(top, (62, 34, 44), (0, -0.8, -3.6)), broad=True),
        Attribute("forehead fullness", move(forehead + [0, -14, 0], (42, 18, 34), (0, 0, 1.7)), broad=True),
        Attribute(
            "forehead width",
            both(move(side * [0.78, 1, 0] + [0, 14, 50], (22, 30, 30), (1.7, 0, 0))),
            broad=True,
        ),
        Attribute("temples", both(move(side * [0.88, 0, 0] + [0, 16, 48], (15, 20, 19), (1.3, 0, 0)))),
        Attribute("head base width", both(swell(a.tragion + [-4, -8, -38], (22, 26, 26), 2.2)), broad=True),
    ]
