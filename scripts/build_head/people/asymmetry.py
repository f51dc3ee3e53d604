# ruff: noqa: RUF005 (sums of arrays, not lists)
"""Mild differences between the two sides of a face."""

from .attribute import Attribute
from .fields import move, opposed, step, swell, turn


def _skew(a):
    """The lower face swings to one side, more the lower it is."""

    def field(p):
        down = step(a.eye[1] + 5 - p[:, 1], 0, 140) * step(p[:, 1], -185, -120)
        return (2.4 * down * step(p[:, 2], -50, 60))[:, None] * [1.0, 0, 0]

    return field


def attributes(a):
    brow = a.brow[len(a.brow) // 2]
    back = a.occiput + [35, 5, 18]
    cheek = (a.corner + a.gonion) / 2 + [3.0, 10.0, 14.0]
    return [
        Attribute("face skew", _skew(a)),
        Attribute("nose crook", move(a.tip + [0, 2, -6], (13, 15, 20), (0.9, 0, 0))),
        Attribute("nose bend", move(0.5 * (a.sellion + a.tip), (8, 8, 15), (0.6, 0, 0))),
        Attribute("mouth shift", move(a.stomion + [0, 0, -4], (26, 14, 28), (0.8, 0, 0))),
        Attribute("mouth tilt", turn(a.stomion + [0, 0, -4], (26, 14, 28), (0, 0, 1), 1.2)),
        Attribute("jaw tilt", opposed(move(a.gonion, (24, 26, 34), (0.3, -1.2, 0)))),
        Attribute("eye height difference", opposed(move(a.eye, (22, 14, 30), (0, 0.55, 0)))),
        Attribute("brow difference", opposed(move(brow, (18, 8, 22), (0, 0.8, 0)))),
        Attribute("cheek difference", opposed(swell(cheek, (19, 24, 27), 0.9))),
        Attribute("ear difference", opposed(move(a.ear, (24, 32, 30), (0.7, 0.9, 0.3)))),
        Attribute("skull difference", opposed(move(back, (38, 45, 38), (0.3, 0, 1.6)))),
    ]
