"""Positions of the nostril rings (left side): a rim on the nose's base and a short tube going up."""

import numpy as np

from .field import project

CENTRE = np.array([8.5, -48.6, 103.3])
LONG = np.array([-4.6, 0.6, 9.0]) / np.linalg.norm([-4.6, 0.6, 9.0])
WIDE = np.array([0.87, 0.12, 0.47])
UP = np.array([-0.08, 0.93, -0.36])
HALF_LENGTH, HALF_WIDTH = 4.35, 2.6
RIM, EDGE = 1, 2
# Ring: scale of the outline, height above the rim.
TUBE = {3: (0.97, 2.4), 4: (0.88, 5.5), 5: (0.62, 8.5)}


def outline(scale, angle):
    return CENTRE + scale * (
        np.cos(angle)[:, None] * HALF_WIDTH * WIDE + np.sin(angle)[:, None] * HALF_LENGTH * LONG
    )


def _angles(outer):
    """Angle of each of the 16 points about the opening, mostly as on the block's perimeter, to avoid shear.

    Index 2 is the back, 6 lateral, 10 the front and 14 medial.
    """
    even = 2 * np.pi * (np.arange(16) - 6) / 16
    away = outer - CENTRE
    turn = np.arctan2(away @ LONG / HALF_LENGTH, away @ WIDE / HALF_WIDTH) - even
    turn = (turn + np.pi) % (2 * np.pi) - np.pi
    for _ in range(4):
        turn = 0.5 * turn + 0.25 * (np.roll(turn, 1) + np.roll(turn, -1))
    return even + 0.8 * turn


def place(points, rings, cap, parts):
    outer = points[rings[0]]
    angle = _angles(outer)
    edge = project(parts, outline(1.0, angle), 4)
    rim = project(parts, outline(1.13, angle), 4)
    points[rings[RIM]] = project(parts, 0.7 * rim + 0.3 * outer, 3)
    points[rings[EDGE]] = edge + 0.5 * UP
    centre = edge.mean(0)
    for ring, (scale, height) in TUBE.items():
        points[rings[ring]] = centre + scale * (edge - centre) * [1, 0.6, 1] + height * UP
    last = points[rings[5]]
    middle = last.mean(0) + 0.8 * UP
    inner = cap[1:4, 1:4]
    frame = np.array([[-1, -1], [0, -1], [1, -1], [-1, 0], [0, 0], [1, 0], [-1, 1], [0, 1], [1, 1]]).reshape(
        3, 3, 2
    )
    for c in range(3):
        for r in range(3):
            x, y = frame[r, c]
            k = {
                (-1, -1): 0,
                (0, -1): 2,
                (1, -1): 4,
                (1, 0): 6,
                (1, 1): 8,
                (0, 1): 10,
                (-1, 1): 12,
                (-1, 0): 14,
            }.get((x, y))
            points[inner[c, r]] = middle if k is None else 0.5 * middle + 0.5 * last[k]
