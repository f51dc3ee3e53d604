# ruff: noqa: RUF005 (sums of arrays, not lists)
"""Proportions of the face, cheeks, jaw and chin."""

from .attribute import Attribute
from .fields import along, both, move, ramp, step, swell, total


def _width(a):
    def field(p):
        y = ramp(p[:, 1], [(-130, 0), (-105, 0.35), (-50, 0.85), (-22, 1.0), (10, 0.8), (50, 0)])
        return (1.7 * p[:, 0] / a.zygion[0] * y * step(p[:, 2], -35, 35))[:, None] * [1.0, 0.0, 0.0]

    return field


def _lower_length(a):
    knots = [
        (-175, 0),
        (-145, 0.7),
        (a.menton[1], 1.0),
        (a.pogonion[1], 0.93),
        (a.stomion[1], 0.36),
        (a.subnasale[1], 0),
    ]
    return lambda p: (3.3 * ramp(p[:, 1], knots) * step(p[:, 2], -55, 40))[:, None] * [0.0, -1.0, 0.0]


def _middle_length(a):
    knots = [
        (-175, 0),
        (-140, 0.65),
        (a.menton[1], 1.0),
        (a.subnasale[1], 1.0),
        (a.eye[1] - 14, 0.12),
        (a.eye[1], 0),
    ]
    return lambda p: (2.0 * ramp(p[:, 1], knots) * step(p[:, 2], -55, 45))[:, None] * [0.0, -1.0, 0.0]


def attributes(a):
    body = a.jaw[len(a.jaw) // 2]
    cheek = (a.corner + a.gonion) / 2 + [3.0, 10.0, 14.0]
    return [
        Attribute("face width", _width(a), broad=True),
        Attribute("lower face length", _lower_length(a), broad=True),
        Attribute("middle face length", _middle_length(a), broad=True),
        Attribute("face depth", move(a.stomion + [0, 22, -10], (40, 44, 44), (0, 0, 2.6)), broad=True),
        Attribute("jaw width", both(move(a.gonion, (24, 27, 34), (1.8, 0, 0))), broad=True),
        Attribute(
            "jaw corner drop", both(move(a.gonion + [0, 2, 4], (19, 25, 33), (0.4, -2.6, -0.5))), broad=True
        ),
        Attribute(
            "jaw corner depth", both(move(a.gonion + [0, 4, 0], (20, 27, 28), (0, 0, -2.4))), broad=True
        ),
        Attribute("jaw body width", both(swell(body + [0, 3, 0], (14, 15, 21), 1.4)), broad=True),
        Attribute("jaw edge", both(along(a.jaw[3:] + [0, 1.0, 0], 7.0, 0.8, (0.8, -0.8, 0.1)))),
        Attribute("chin width", both(move(a.menton + [15, 9, -4], (11, 14, 18), (1.7, 0, 0)))),
        Attribute(
            "chin protrusion", move(a.pogonion + [0, -3, -4], (25, 17, 26), (0, -0.2, 2.4)), broad=True
        ),
        Attribute("chin height", move(a.menton, (27, 13, 32), (0, -2.3, 0)), broad=True),
        Attribute(
            "chin point",
            total(
                both(move(a.menton + [17, 4, -6], (9, 11, 15), (-0.65, 0.8, -0.2))),
                move(a.menton, (12, 11, 15), (0, -0.5, 0.3)),
            ),
        ),
        Attribute("chin pad", move(a.pogonion, (14, 11, 13), (0, 0, 1.05))),
        Attribute("cheekbone width", both(move(a.zygion, (15, 13, 25), (1.2, 0, 0.4)))),
        Attribute("cheekbone front", both(move(a.apple + [4, 5, -6], (15, 11, 17), (0.7, 0.2, 1.6)))),
        Attribute("cheekbone height", both(move((a.apple + a.zygion) / 2, (19, 15, 26), (0, 2.0, 0)))),
        Attribute("cheek fullness", both(swell(cheek + [-2, 4, 4], (21, 26, 31), 2.8)), broad=True),
        Attribute("cheek hollow", both(swell(cheek + [2, 4, 0], (10, 13, 17), -1.2))),
        Attribute(
            "face flatness",
            both(
                total(
                    move(a.apple + [0, 10, 0], (19, 26, 26), (0, 0, 1.4)),
                    move(a.sellion + [0, -22, 0], (7, 24, 26), (0, 0, -0.5)),
                )
            ),
            broad=True,
        ),
        Attribute("mouth protrusion", move(a.stomion + [0, 0, -6], (26, 18, 30), (0, 0, 2.0)), broad=True),
    ]
