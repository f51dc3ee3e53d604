"""Positions of the ear rings (left side): an explicit auricle with helix, antihelix, concha, tragus and lobe.

Ear coordinates: (back, up) millimetres in the auricle's plane from the tragion, and a height out of it.
"""

import numpy as np
from scipy.interpolate import CubicSpline

from .field import march, project
from .parts import nearest_on_curve, resample

TRAGION = np.array([68.0, -17.0, 3.0])
FLARE = 0.42
RISE = 1.4
"""How far (mm) the free rim stands above the head's own surface at least."""
BACK = np.array([FLARE, 0, -1.0]) / np.hypot(FLARE, 1)
UP = np.array([0.13, 1.0, -0.07]) / np.linalg.norm([0.13, 1.0, -0.07])
OUT = np.cross(UP, BACK) * -1
OUTLINE = np.array([(5.5, -31), (13.5, -27.5), (20.5, -17), (26.8, -4), (29.5, 10), (27.5, 23), (18, 31),
    (8.5, 28.5),
                    (1.0, 18), (-2.2, 6), (-3.0, -6), (-2.2, -19), (-0.5, -28)], float)  # fmt: skip
TOP = 6
CANAL, CANAL_RADII = np.array([6.0, -3.0]), (1.2, 3.0)
BOTTOM_INDEX, TOP_INDEX = 3, 27
INWARD = {5: 0.0, 6: 0.065, 7: 0.15, 8: 0.25, 9: 0.36, 10: 0.47, 11: 0.58, 12: 0.69, 13: 0.81, 14: 0.92}

# Ridges of the relief: points (back, up, 0, weight), sigma, height.
RELIEF = (
    # helix
    (((8, 0.5, 0, .3), (3.6, 3.6, 0, .9), (0.9, 10, 0, 1), (3.0, 19, 0, 1), (9.7, 26.0, 0, 1),
    (17.7, 28.2, 0, 1), (25.2, 21.6, 0, 1),
      (26.9, 10, 0, 1), (24.4, -3.5, 0, .85), (19.4, -14.5, 0, .3)), 1.7, 2.9),
    # antihelix and its two crura
    (((13.0, -16, 0, .4), (18.0, -10, 0, .9), (20.4, -1, 0, 1), (19.0, 8, 0, 1), (16.4, 15, 0, .8),
    (14.6, 21, 0, .3)), 2.2, 4.2),
    (((18.8, 8, 0, .3), (13.5, 11.0, 0, .9), (7.0, 11.5, 0, .6)), 1.8, 2.6),
    # scapha and triangular fossa
    (((22, 21, 0, .8), (24.0, 10, 0, 1), (22.6, -3, 0, .7), (19, -11, 0, .3)), 1.5, -1.7),
    (((5.5, 17.0, 0, .7), (11.0, 17.5, 0, 1)), 2.2, -1.6),
    # tragus, antitragus, the notch between them, lobe
    (((1.4, -9.5, 0, .8), (2.4, -5.5, 0, 1), (1.6, -1, 0, .6)), 2.1, 5.0),
    (((7.8, -18.0, 0, .8), (12.5, -16.2, 0, 1)), 2.1, 3.2),
    (((4.0, -14.2, 0, 1), (5.2, -16.0, 0, .7)), 1.6, -2.0),
    (((4.5, -25.5, 0, 1), (8.5, -24.5, 0, 1)), 4.5, 1.8),
)  # fmt: skip


def _outline_at(index):
    """Outline (back, up) at ring indices; 3 is the lobe's lowest point and 27 the top."""
    closed = np.vstack([OUTLINE, OUTLINE[:1]])
    s = np.r_[0, np.cumsum(np.linalg.norm(np.diff(closed, axis=0), axis=1))]
    curve = CubicSpline(s, closed, bc_type="periodic")
    dense = np.linspace(0, s[-1], 800)
    arc = np.r_[0, np.cumsum(np.linalg.norm(np.diff(curve(dense), axis=0), axis=1))]
    top = np.interp(s[TOP], dense, arc)
    m = (np.asarray(index) - BOTTOM_INDEX) % 48
    length = np.where(m <= 24, m / 24 * top, top + (m - 24) / 24 * (arc[-1] - top))
    return curve(np.interp(length, arc, dense))


def relief(bu):
    """Height of the auricle's front side at (back, up)."""
    p = np.c_[bu, np.zeros(len(bu))]
    h = np.full(len(bu), -0.6)
    for points, sigma, height in RELIEF:
        d, w = nearest_on_curve(p, resample(points, 24))
        h += height * w * np.exp(-0.5 * (d / sigma) ** 2)
    q = (((bu - [10.0, -4.0]) / [9.5, 12.5]) ** 2).sum(1)
    h -= 8.5 * np.clip(1 - q, 0, 1) ** 0.7
    q = (((bu - CANAL) / [3.5, 5.0]) ** 2).sum(1)
    return h - 6.0 * np.exp(-0.5 * q)


def to_space(bu, height):
    return TRAGION + bu[:, :1] * BACK + bu[:, 1:] * UP + np.asarray(height)[:, None] * OUT


def attached():
    """1 where the rim grows out of the cheek (front), 0 where it stands free."""
    k = np.arange(48)
    distance = np.abs((k - 40 + 24) % 48 - 24)
    t = np.clip((distance - 4.0) / 8.0, 0, 1)
    return 1 - t * t * (3 - 2 * t)


def _head_level(edge, parts):
    """Height of the head's own surface above the auricle's plane at the outline."""
    start = to_space(edge, np.full(len(edge), 30.0))
    return 30.0 - np.linalg.norm(march(parts, start, -OUT) - start, axis=1)


def place(points, rings, parts):
    k = np.arange(48)
    a = attached()[:, None]
    edge = _outline_at(k)
    canal = 2 * np.pi * (k - 27) / 48 + np.pi / 2
    inner = CANAL + np.c_[np.cos(canal) * CANAL_RADII[0], np.sin(canal) * CANAL_RADII[1]]
    surface, free = _head_level(edge, parts), 1 - a[:, 0]
    level = surface * a[:, 0] + free * np.maximum(surface + RISE - relief(edge), 0)
    for ring, s in INWARD.items():
        bu = (1 - s) * edge + s * inner
        points[rings[ring]] = to_space(
            bu, relief(bu) * (1 - a[:, 0] * np.clip(1 - s / 0.12, 0, 1)) + level * (1 - s) ** 1.5
        )
    rim, outer = points[rings[5]], points[rings[0]]
    root_free = project(parts, to_space(edge * [0.45, 0.78] + [5.5, 1.0], np.full(48, -6.0)), 5)
    root_attached = project(parts, 0.5 * outer + 0.5 * rim, 4)
    root = project(parts, (1 - a) * root_free + a * root_attached, 2)
    points[rings[1]] = project(parts, 0.45 * outer + 0.55 * root, 3)
    points[rings[2]] = root
    back = edge * 0.93 + [0.6, 0]
    behind = to_space(back, np.maximum(-3.4, _head_level(back, parts) + 0.4 * RISE))
    points[rings[3]] = (1 - a) * (0.5 * root + 0.5 * behind) + a * (0.66 * root + 0.34 * rim)
    points[rings[4]] = (1 - a) * behind + a * (0.33 * root + 0.67 * rim)
    _smooth(points, rings, slice(1, 5), 10)
    for ring in (1, 2):
        points[rings[ring]] = project(parts, points[rings[ring]], 2, limit=1.5)
    _smooth(points, rings, slice(1, 5), 2)
    _smooth(points, rings, slice(5, 15), 1)


def _smooth(points, rings, which, rounds):
    """A few rounds of averaging with the four ring neighbours."""
    inner = rings[which]
    for _ in range(rounds):
        p = points[rings]
        around = 0.5 * (np.roll(p, 1, 1) + np.roll(p, -1, 1))
        across = 0.5 * (np.roll(p, 1, 0) + np.roll(p, -1, 0))
        across[-1] = p[-1]
        points[inner] = (0.6 * p + 0.2 * around + 0.2 * across)[which]
