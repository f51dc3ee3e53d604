"""What heights are made of: grooves along curves, bulges, and the grain of skin. Millimetres."""

import numpy as np
from scipy.spatial import cKDTree

from ..field import project
from ..paint.fields import layers, nearest, noise, refine, step
from ..shape import HEAD

SHOULDER = 0.30  # height of the skin pushed up beside a groove, as part of its depth
REACH = 5.0  # widths from a groove's middle to where nothing is left of it


def on_skin(points):
    """A dense curve on the head's surface through points near it."""
    return project(HEAD, refine(project(HEAD, np.array(points, float), 5), 160), 3)


def groove(points, curve, width, depth, ends=0.22):
    """A groove along a curve, shallower toward its ends over `ends` of its length."""
    near = cKDTree(curve).query(points, distance_upper_bound=REACH * width)[0] < np.inf
    out = np.zeros(len(points))
    distance, t = nearest(points[near], curve)
    fade = step(0, ends, t) * step(1, 1 - ends, t) if ends else 1.0
    q = (distance / width) ** 2
    out[near] = depth * fade * (SHOULDER * np.exp(-0.5 * q / 4.4) - (1 + SHOULDER) * np.exp(-0.5 * q))
    return out


def window(points, curve, low, high, soft=0.12):
    """1 beside the part of a curve between two fractions of its length, 0 beside the rest."""
    t = np.zeros(len(points))
    near = cKDTree(curve).query(points, distance_upper_bound=20.0)[0] < np.inf
    t[near] = nearest(points[near], curve)[1]
    rise = step(low - soft, low + soft, t) if low > 0 else 1.0
    return near * rise * (step(high + soft, high - soft, t) if high < 1 else 1.0)


def bulge(points, centre, radii, height):
    q = (((points - np.array(centre, float)) / radii) ** 2).sum(1)
    return height * np.maximum(np.exp(-0.5 * q) - 0.02, 0)


def zone(points, centre, radii):
    """1 in the middle of an ellipsoid, 0 from its surface on, smooth between."""
    q = np.sqrt((((points - np.array(centre, float)) / radii) ** 2).sum(1))
    return step(1.0, 0.55, q)


def pores(points, period, seed):
    """Small pits, apart by about `period`; −1…0."""
    return -np.clip(noise(points, period, seed) - 0.15, 0, 1) / 0.85


def grain(points, period, seed):
    """Even unevenness, −1…1."""
    return np.clip(layers(points, period, seed, 2), -1, 1)


def creases(points, direction, period, seed):
    """Fine lines that run across `direction`, −1…0."""
    along = points @ (np.array(direction, float) / np.linalg.norm(direction))
    warp = 0.9 * noise(points, 6.0, seed) + 0.35 * noise(points, 2.5, seed + 7)
    wave = np.sin(2 * np.pi * along / period + 2.2 * warp)
    return -(np.clip(wave, 0, 1) ** 2) * (0.6 + 0.4 * noise(points, 7.0, seed + 3))
