# ruff: noqa: RUF005 (sums of arrays, not lists)
"""Lips, philtrum and the mouth's surroundings."""

import numpy as np

from .attribute import Attribute
from .fields import along, blob, both, move, step, total


def _border(a, edge, width, amount, push):
    """Carries one vermilion border away from the seam: nothing at the seam, full there, fading beyond."""
    away = np.sign(edge[1] - a.stomion[1])
    reach = abs(edge[1] - a.stomion[1])

    def field(p):
        x = np.exp(-0.5 * (p[:, 0] / width) ** 2)
        line = a.stomion[1] + 0.25 * np.clip(p[:, 0] / a.corner[0], -1, 1) ** 2 * (a.corner[1] - a.stomion[1])
        h = away * (p[:, 1] - line)
        fade = np.exp(-0.5 * (np.clip(h - reach, 0, None) / 6.0) ** 2)
        near = step(p[:, 2], edge[2] - 34, edge[2] - 14)
        rise = step(h, 0.3, reach + 0.5) * fade
        body = step(h, 0.3, 0.55 * reach) * np.exp(-0.5 * (np.clip(h - 0.6 * reach, 0, None) / 3.6) ** 2)
        return (x * near)[:, None] * np.c_[0 * h, away * amount * rise, push * body]

    return field


def attributes(a):
    up, low = a.lip_top, a.lip_low
    bow = a.lip_bow
    philtrum = [a.subnasale + [3.6, -1.5, 0], a.lip_bow + [-1.0, 3, 0], a.lip_bow + [0, 0, 0]]
    peaks = both(move(bow + [0.5, 0, 0], (3.2, 3.0, 7), (0, 0.5, 0.15)))
    columns = both(along(philtrum, 2.6, 0.6, (0, 0, 1), 0.35))
    notch = move(up, (2.8, 3.0, 7), (0, -0.55, 0))
    return [
        Attribute("mouth width", both(move(a.corner, (13, 10, 18), (1.45, 0, -0.3))), broad=True),
        Attribute("upper lip height", _border(a, up, 17, 1.22, 0.55)),
        Attribute("lower lip height", _border(a, low, 16, 1.28, 0.6)),
        Attribute("upper lip forward", move((up + a.stomion) / 2 + [0, 2, 0], (15, 7, 11), (0, 0, 1.2))),
        Attribute("lower lip forward", move((low + a.stomion) / 2 + [0, -2, 0], (14, 6, 11), (0, 0, 1.2))),
        Attribute("philtrum and bow", total(peaks, notch, columns)),
        Attribute(
            "lip side fullness",
            both(total(_offset_border(a, up, 14, 5.5, 0.7), _offset_border(a, low, 14, 6, 0.6))),
        ),
        Attribute("mouth corner height", both(move(a.corner, (9, 7, 15), (0, 0.9, 0)))),
        Attribute("chin fold", move(a.mentolabial, (15, 5.0, 11), (0, 0, -1.2))),
        Attribute("chin cleft", move(a.pogonion + [0, -2, 1], (3.4, 8, 9), (0, 0, -0.6))),
    ]


def _offset_border(a, edge, x, width, amount):
    base = _border(a, edge, 1e3, amount, 0.3)
    return lambda p: base(p) * blob(p[:, :1], np.array([x]), np.array([width]))[:, None]
