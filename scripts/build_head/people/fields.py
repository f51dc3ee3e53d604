"""Smooth displacement fields in space: functions from points (N, 3) to displacements (N, 3), millimetres."""

import numpy as np
from scipy.interpolate import PchipInterpolator
from scipy.spatial import cKDTree

MIRROR = np.array([-1.0, 1.0, 1.0])
# An ellipsoid inside the face; its gradient is a smooth "outward" everywhere on the head.
INSIDE, INSIDE_RADII = np.array([0.0, -40.0, 12.0]), np.array([62.0, 95.0, 80.0])


def step(x, low, high):
    """0 below `low`, 1 above `high`, twice differentiable between."""
    t = np.clip((x - low) / (high - low), 0, 1)
    return t * t * t * (t * (6 * t - 15) + 10)


def ramp(x, knots):
    """Smooth monotone interpolation through (x, value) knots, constant beyond them."""
    at, value = np.array(knots, float).T
    return PchipInterpolator(at, value)(np.clip(x, at[0], at[-1]))


def blob(p, centre, radii):
    return np.exp(-0.5 * (((p - centre) / radii) ** 2).sum(-1))


def outward(p):
    g = (p - INSIDE) / INSIDE_RADII**2
    return g / np.linalg.norm(g, axis=-1, keepdims=True)


def move(centre, radii, vector):
    """A Gaussian window that carries its middle along `vector`."""
    return lambda p: blob(p, centre, radii)[:, None] * np.asarray(vector, float)


def stretch(centre, radii, rates):
    """Growth about `centre`, per axis, inside a Gaussian window."""
    return lambda p: blob(p, centre, radii)[:, None] * (p - centre) * rates


def turn(centre, radii, axis, degrees):
    """Rotation about an axis through `centre`, inside a Gaussian window."""
    spin = np.radians(degrees) * np.asarray(axis, float)
    return lambda p: blob(p, centre, radii)[:, None] * np.cross(spin, p - centre)


def swell(centre, radii, amount, lift=(0.0, 0.0, 0.0)):
    """Outward growth by `amount` plus a constant `lift`, inside a Gaussian window."""
    return lambda p: blob(p, centre, radii)[:, None] * (amount * outward(p) + np.asarray(lift))


def along(curve, sigma, amount, vector=None, fade=0.25):
    """A ridge along a curve (points in order), faded at both ends; outward unless a vector is given."""
    curve = np.asarray(curve, float)
    s = np.r_[0, np.cumsum(np.linalg.norm(np.diff(curve, axis=0), axis=1))]
    t = np.linspace(0, 1, 120)
    dense = PchipInterpolator(s / s[-1], curve)(t)
    weight = step(t, 0, fade) * step(1 - t, 0, fade)

    def field(p):
        # A soft maximum over the curve's points: no crease where the nearest point jumps.
        near = cKDTree(dense).query(p)[0] < 5 * sigma
        out = np.zeros_like(p)
        d2 = ((p[near, None] - dense) ** 2).sum(-1)
        closeness = np.exp(-(d2 - d2.min(1, keepdims=True)) / (2 * (0.6 * sigma) ** 2))
        closeness /= closeness.sum(1, keepdims=True)
        w = (closeness * weight).sum(1) * np.exp(-0.5 * (closeness * d2).sum(1) / sigma**2)
        direction = outward(p[near]) if vector is None else np.asarray(vector, float)
        out[near] = amount * w[:, None] * direction
        return out

    return field


def both(field):
    """A field of the left side, and its mirror image on the right."""
    return lambda p: field(p) + MIRROR * field(p * MIRROR)


def opposed(field, other=-1.0):
    """A field of the left side, and `other` times its mirror image on the right."""
    return lambda p: field(p) + other * MIRROR * field(p * MIRROR)


def total(*fields):
    return lambda p: sum(field(p) for field in fields)


def affine(points, moved, ridge, weight=None):
    """Displacement as shift + matrix (least squares, matrix pulled to zero), as a function of points."""
    w = np.full(len(points), 1 / len(points)) if weight is None else weight / weight.sum()
    middle, shift = w @ points, w @ moved
    x = (points - middle) * w[:, None]
    gram = x.T @ (points - middle) + ridge * np.eye(3)
    matrix = np.linalg.solve(gram, x.T @ (moved - shift))
    return lambda q: shift + (q - middle) @ matrix
