"""Positions of the eye rings: skin, lid crease, margins and the tuck that hugs the ball (left eye)."""

import numpy as np

from .fit import curve_at, on_front
from .shape import EYE_CENTRE, EYE_RADIUS

INNER, OUTER = 32, 14
"""Ring indices of the inner and the outer canthus."""
UPPER = np.array([(INNER - m) % 36 for m in range(19)])
LOWER = np.array([(INNER + m) % 36 for m in range(19)])
"""Ring indices of each lid from the inner to the outer canthus, both canthi included."""
CREASE, MARGIN, INNER_MARGIN = 4, 6, 7

UPPER_MARGIN = ((16.8, -2.6), (18.8, -0.3), (22.5, 2.7), (27.5, 4.5), (32.5, 4.7), (38, 3.6), (42.0, 2.1),
    (44.8, 0.7))  # fmt: skip
LOWER_MARGIN = ((16.8, -2.6), (19.2, -3.4), (24, -4.8), (30, -5.5), (36, -5.1), (41.3, -2.6), (44.8, 0.7))
UPPER_CREASE = ((13.8, -2.3), (16.8, 3.0), (22.5, 7.0), (30.0, 8.6), (38.0, 7.4), (44.5, 4.6), (49.0, 0.2))
LOWER_CREASE = ((13.8, -2.3), (17.6, -6.4), (24, -9.4), (31, -10.8), (39, -9.4), (45.0, -5.4), (49.0, 0.2))
SKIN_BLEND = {1: 0.30, 2: 0.56, 3: 0.80}
LID_THICKNESS, CLEARANCE = 1.8, 0.35
CARUNCLE_EDGE, OUTER_EDGE = 20.0, 43.0
"""x where the flesh of the inner and of the outer canthus meets the ball, beside the lids."""
CARUNCLE_BULGE, OUTER_BULGE = 1.2, 0.2
"""How far that edge swells over the ball between the lids, so that the white ends in a curve."""
# Tuck rings: mm along the ball behind the margin at mid-lid, and mm under the ball at a canthus.
TUCK = {8: (2.0, 0.0), 9: (6.0, 1.5), 10: (11.0, 3.0), 11: (15.0, 4.5)}


def smoothstep(x, low, high):
    t = np.clip((x - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


def _ring(upper, lower):
    ring = np.zeros((36, 2))
    t = np.arange(19) / 18
    ring[UPPER] = curve_at(upper, t)
    ring[LOWER] = curve_at(lower, t)
    return ring


def _on_ball(xy, radius, otherwise):
    """z on the ball's front; where (x, y) leaves the ball, z fades over to `otherwise`."""
    d = np.linalg.norm(xy - np.array(EYE_CENTRE[:2]), axis=1)
    z = EYE_CENTRE[2] + np.sqrt(np.clip(radius**2 - d**2, 0, None))
    w = smoothstep(d / radius, 0.80, 0.98)
    return (1 - w) * z + w * otherwise


def place(points, rings, parts):
    """Sets every eye ring inside the perimeter."""
    outer = points[rings[0]][:, :2]
    margin, crease = _ring(UPPER_MARGIN, LOWER_MARGIN), _ring(UPPER_CREASE, LOWER_CREASE)
    for ring, w in SKIN_BLEND.items():
        points[rings[ring]] = on_front(parts, (1 - w) * outer + w * crease)
    points[rings[CREASE]] = on_front(parts, crease)
    points[rings[5]] = on_front(parts, 0.45 * crease + 0.55 * margin)
    surface = on_front(parts, margin)[:, 2]
    z = _on_ball(margin, EYE_RADIUS + LID_THICKNESS, surface)
    points[rings[MARGIN]] = np.c_[margin, z]
    place_tuck(points, rings)


def place_tuck(points, rings):
    """The inner margin and the tuck behind it, from the margin's position."""
    centre = np.array(EYE_CENTRE)
    margin = points[rings[MARGIN]]
    xy = centre[:2] + (margin[:, :2] - centre[:2]) * 0.985
    inner = np.c_[xy, _on_ball(xy, EYE_RADIUS + CLEARANCE, margin[:, 2] - 1.1)]
    points[rings[INNER_MARGIN]] = inner
    away = (inner - centre) / np.linalg.norm(inner - centre, axis=1, keepdims=True)
    angle0, azimuth = np.arccos(np.clip(away[:, 2], -1, 1)), np.arctan2(away[:, 1], away[:, 0])
    corner, reach = _corner_edge(inner)
    for ring, (slide, sink) in TUCK.items():
        angle = np.minimum(angle0 + slide / EYE_RADIUS, np.radians(112))
        direction = np.c_[np.sin(angle) * np.cos(azimuth), np.sin(angle) * np.sin(azimuth), np.cos(angle)]
        behind = centre + (EYE_RADIUS + 0.3) * direction
        under = centre + (corner - centre) * (1 - sink / EYE_RADIUS)
        points[rings[ring]] = (1 - reach) * behind + reach * under
    edge = points[rings[INNER_MARGIN + 1]]
    edge = 0.5 * edge + 0.25 * (np.roll(edge, 1, 0) + np.roll(edge, -1, 0)) - centre
    lack = np.maximum(EYE_RADIUS + 0.08 - np.linalg.norm(edge, axis=1, keepdims=True), 0)
    points[rings[INNER_MARGIN + 1]] = centre + edge * (1 + lack / EYE_RADIUS)


def _corner_edge(inner):
    """Where the canthal flesh meets the ball, and how much each ring vertex (36, 1) belongs to a canthus."""
    lack = np.maximum(CARUNCLE_EDGE - inner[:, 0], inner[:, 0] - OUTER_EDGE)
    reach = smoothstep(lack, -1.6, 1.4)[:, None]
    x = inner[:, 0] + np.maximum(CARUNCLE_EDGE - inner[:, 0], 0) - np.maximum(inner[:, 0] - OUTER_EDGE, 0)
    inward = smoothstep(CARUNCLE_EDGE - inner[:, 0], -0.6, 3.0)
    x += CARUNCLE_BULGE * inward
    x -= OUTER_BULGE * smoothstep(inner[:, 0] - OUTER_EDGE, -0.4, 1.6)
    y = np.where(inner[:, 0] < EYE_CENTRE[0], 0.9 * inner[:, 1] - 1.6 * inward, 0.85 * inner[:, 1])
    radius2 = (EYE_RADIUS + 0.06) ** 2 - (x - EYE_CENTRE[0]) ** 2 - (y - EYE_CENTRE[1]) ** 2
    return np.c_[x, y, EYE_CENTRE[2] + np.sqrt(np.maximum(radius2, 0))], reach
