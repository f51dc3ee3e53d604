"""What masks are made of: smooth steps, hills, distances to curves, and noise that lives in space."""

import numpy as np
from scipy.interpolate import CubicSpline, PchipInterpolator
from scipy.spatial import cKDTree


def step(low, high, x):
    """0 below `low`, 1 above `high`, smooth between; falling where low > high."""
    t = np.clip((x - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


def hill(points, centre, radii):
    """A bell of height 1, 0.14 at the radii; the same on both sides of the face."""
    at = np.abs(points) * [1, 0, 0] + points * [0, 1, 1]
    return np.exp(-2 * (((at - np.asarray(centre, float)) / np.asarray(radii, float)) ** 2).sum(1))


def leftward(points):
    """Points of the right side mirrored to the left."""
    return points * np.where(points[:, :1] < 0, [-1, 1, 1], [1, 1, 1])


def within(points, others, reach):
    """Which points (N,) are nearer than `reach` to any of the others."""
    return cKDTree(others).query(points, distance_upper_bound=reach)[0] < reach


def along(x, table):
    """A smooth profile through (place, value) pairs, constant beyond the ends."""
    places, values = np.array(table, float).T
    return PchipInterpolator(places, values)(np.clip(x, places[0], places[-1]))


def arc_lengths(curve):
    return np.r_[0, np.cumsum(np.linalg.norm(np.diff(curve, axis=0), axis=1))]


def refine(curve, count=400):
    """A smooth curve through the points (n, 3), evenly spaced."""
    length = arc_lengths(curve)
    return CubicSpline(length, curve)(np.linspace(0, length[-1], count))


def nearest(points, curve):
    """Distance (N,) to a dense curve, and the place along it 0…1 (N,)."""
    distance, k = cKDTree(curve).query(points)
    a, b = curve[np.maximum(k - 1, 0)], curve[np.minimum(k + 1, len(curve) - 1)]
    tangent = (b - a) / np.linalg.norm(b - a, axis=1, keepdims=True)
    shift = ((points - curve[k]) * tangent).sum(1)
    inside = (k > 0) & (k < len(curve) - 1)
    pace = np.linalg.norm(np.diff(curve, axis=0), axis=1).mean()
    shift = np.where(inside, np.clip(shift, -pace, pace), 0)
    distance = np.sqrt(np.maximum(distance**2 - shift**2, 0))
    return distance, np.clip((k + shift / pace) / (len(curve) - 1), 0, 1)


def _lattice(cell, seed):
    """A pseudo-random number 0…1 for every integer cell (N, 3)."""
    x, y, z = (cell[:, k].astype(np.uint32) for k in range(3))
    with np.errstate(over="ignore"):
        h = x * np.uint32(0x9E3779B1) ^ y * np.uint32(0x85EBCA77) ^ z * np.uint32(0xC2B2AE3D)
        h = h ^ np.uint32(seed * 0x27D4EB2F & 0xFFFFFFFF)
        for shift, factor in ((15, 0x2C1B3C6D), (12, 0x297A2D39), (15, 1)):
            h = (h ^ (h >> np.uint32(shift))) * np.uint32(factor)
    return h / 2.0**32


def noise(points, period, seed):
    """Smooth noise −1…1 (N,) that changes over `period` millimetres (one number, or one for each axis)."""
    at = points / np.asarray(period, float) + 1000.5
    cell = np.floor(at).astype(np.int64)
    t = at - cell
    t = t * t * t * (t * (6 * t - 15) + 10)
    total = np.zeros(len(points))
    for corner in range(8):
        bit = np.array([corner & 1, corner >> 1 & 1, corner >> 2])
        total += _lattice(cell + bit, seed) * np.where(bit, t, 1 - t).prod(1)
    return 2 * total - 1


def layers(points, period, seed, count=3, fade=0.55):
    """Noise of several periods, each half the one before; about −1…1."""
    parts = [fade**k * noise(points, period / 2**k, seed + 101 * k) for k in range(count)]
    return sum(parts) / np.sqrt(sum(fade ** (2 * k) for k in range(count)))
