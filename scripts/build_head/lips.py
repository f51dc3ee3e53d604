"""Positions of the mouth rings: skin, vermilion, lips, the seam and the sack behind it (one half)."""

import numpy as np

from .fit import curve_at, on_front
from .grid import LIP_LINE, MOUTH_CORNER

VERMILION, SEAM = 4, LIP_LINE
SKIN_BLEND = {1: 0.30, 2: 0.58, 3: 0.82}
LIP_BLEND = {5: 0.34, 6: 0.72}
SEAM_GAP = 0.05
"""Half the distance between the closed lips, millimetres."""

UPPER_VERMILION = ((0, -59.1), (1.6, -58.9), (3.6, -58.2), (5.6, -57.9), (8.4, -58.6), (14.5, -61.0),
    (20.5, -63.8), (26.2, -66.45))  # fmt: skip
LOWER_VERMILION = ((0, -76.4), (6, -76.2), (12, -74.7), (18, -71.9), (23, -68.8), (26.2, -66.45))
LIP_LINE_CURVE = ((0, -66.65), (4, -66.5), (9, -66.2), (15, -66.5), (21, -66.65), (25.3, -66.45))

# Behind the seam: depth behind it, half-gap, half-width, and how far the ring's middle moves down.
SACK = {
    8: (1.4, 0.0, 25.1, 0.6),
    9: (4.2, 2.3, 25.4, 0.3),
    10: (6.5, 8.0, 26.5, 0.0),
    11: (14.0, 13.0, 29.5, 0.0),
    12: (30.0, 14.0, 29.0, 0.5),
    13: (46.0, 8.0, 15.0, 3.0),
}


def _half_ring(lower, upper):
    """27 points: lower middle -> corner -> upper middle, slightly denser at the corner."""
    t = 1 - (1 - np.arange(MOUTH_CORNER + 1) / MOUTH_CORNER) ** 1.12
    return np.vstack([curve_at(lower, t), curve_at(upper, t)[::-1][1:]])


def place(points, rings, parts):
    """Sets every mouth ring inside the perimeter."""
    outer = points[rings[0]][:, :2]
    border = _half_ring(LOWER_VERMILION, UPPER_VERMILION)
    seam = _half_ring(LIP_LINE_CURVE, LIP_LINE_CURVE)
    for ring, w in SKIN_BLEND.items():
        points[rings[ring]] = on_front(parts, (1 - w) * outer + w * border)
    points[rings[VERMILION]] = on_front(parts, border)
    for ring, w in LIP_BLEND.items():
        points[rings[ring]] = on_front(parts, (1 - w) * border + w * seam)
    points[rings[SEAM]] = _seam(seam, parts)
    near_corner = (border[:, :1] / border[MOUTH_CORNER, 0]) ** 8
    for ring, w in LIP_BLEND.items():
        straight = (1 - w) * points[rings[VERMILION]] + w * points[rings[SEAM]]
        points[rings[ring]] += near_corner * (straight - points[rings[ring]])
    for ring, numbers in SACK.items():
        points[rings[ring]] = _sack(points[rings[SEAM]], *numbers)


def _seam(xy, parts):
    z = on_front(parts, xy)[:, 2] - 0.45 * np.sqrt(np.clip(1 - (xy[:, 0] / xy[MOUTH_CORNER, 0]) ** 2, 0, 1))
    z = 0.5 * (z + z[::-1])[: MOUTH_CORNER + 1]
    for _ in range(5):
        z[1:-1] = 0.25 * z[:-2] + 0.5 * z[1:-1] + 0.25 * z[2:]
        z[0] = 0.5 * (z[0] + z[1])
    z = np.r_[z, z[-2::-1]]
    side = np.sign(np.arange(len(xy)) - MOUTH_CORNER)
    return np.c_[xy[:, 0], xy[:, 1] + SEAM_GAP * side, z]


def _sack(seam, depth, gap, width, drop):
    s = seam[:, 0] / seam[MOUTH_CORNER, 0]
    side = np.sign(np.arange(len(s)) - MOUTH_CORNER)
    arch = np.sqrt(np.clip(1 - s**2, 0, 1)) ** 0.8
    deep = np.clip((depth - 6) / 24, 0, 1)
    middle = (1 - deep) * (seam[:, 1] - SEAM_GAP * side) + deep * (-67.0) - drop * arch
    return np.c_[width * s, middle + side * gap * arch, seam[:, 2] - depth]
