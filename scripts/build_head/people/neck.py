# ruff: noqa: RUF005 (sums of arrays, not lists)
"""The neck; its lower end stays where it is (see carry.py)."""

import numpy as np

from .attribute import Attribute
from .fields import along, both, move, ramp, step, total


def _girth(a, axis, amount):
    knots = [(-186, 0), (-160, 0.8), (-135, 1.0), (-105, 0.85), (-75, 0.3), (-45, 0)]
    middle = np.array([0, 0, -24.0])

    def field(p):
        q = (p - middle)[:, axis] / 55.0
        front = 1 - step(p[:, 2], 25, 70)
        return (amount * np.clip(q, -1.3, 1.3) * ramp(p[:, 1], knots) * front)[:, None] * np.eye(3)[axis]

    return field


def attributes(a):
    throat = a.throat
    apple = throat + [0, -20, -18]
    muscle = [(50, -95, -4), (42, -120, 2), (32, -145, 8), (22, -165, 12)]
    return [
        Attribute("neck width", _girth(a, 0, 4.3), broad=True),
        Attribute("neck depth", _girth(a, 2, 3.2), broad=True),
        Attribute("shoulder slope", both(move((62, -150, -45), (24, 26, 34), (0.5, 5.0, 0))), broad=True),
        Attribute(
            "under chin",
            total(
                move(throat + [0, 0, 2], (27, 16, 26), (0, -4.0, 1.5)),
                move(throat + [0, -14, -14], (26, 16, 22), (0, -1.6, 3.0)),
            ),
            broad=True,
        ),
        Attribute("throat angle", move(throat + [0, -8, -12], (25, 18, 24), (0, 2.0, -2.0)), broad=True),
        Attribute("neck nape", move((0, -70, -66), (38, 34, 34), (0, 0, -2.2)), broad=True),
        Attribute("larynx", total(move(apple, (9, 11, 16), (0, 0, 1.5)), both(along(muscle, 8.0, 0.7)))),
    ]
