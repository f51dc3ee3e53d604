# ruff: noqa: RUF005 (sums of arrays, not lists)
"""The auricle: fields in the ear's own frame, zero where it grows out of the head."""

import numpy as np

from .attribute import Attribute
from .fields import both, move, step


def _ear(a, field):
    """A field of (points, height along the ear -1..1, distance behind its root 0..1) on the left auricle."""
    middle, half = 0.5 * (a.ear_top + a.ear_low), 0.5 * (a.ear_top[1] - a.ear_low[1])

    def left(p):
        up = (p[:, 1] - middle[1]) / half
        back = step(a.tragion[2] + 10 - p[:, 2], 2, 34)
        return field(p, up, back) * (p[:, :1] > 0)

    return both(left)


def col(w):
    return np.asarray(w)[:, None]


def attributes(a):
    root = a.tragion + [0, 0, 4.0]
    _, y, z = np.eye(3)
    swing = np.array([1.0, 0, 0.35])
    fields = {
        "ear length": lambda p, up, back: 0.055 * col(p[:, 1] - root[1]) * y,
        "ear width": lambda p, up, back: 0.065 * np.clip(col(p[:, 2] - root[2]), None, 0) * z,
        "ear flare": lambda p, up, back: col(1.7 * back) * swing,
        "ear top flare": lambda p, up, back: col(1.3 * back * step(up, -0.3, 1.0)) * swing,
        "ear lobe": lambda p, up, back: col(step(-up, 0.15, 1.0)) * [0.2, -1.7, -0.3],
        "ear tilt": lambda p, up, back: np.radians(3.0) * np.cross(np.array([-1.0, 0, 0]), p - root),
    }
    height = Attribute("ear height", both(move(a.ear, (26, 34, 32), (0, 1.8, 0))))
    return [height, *(Attribute(name, _ear(a, field), part="ear") for name, field in fields.items())]
