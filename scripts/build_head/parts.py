"""Parts of a signed distance field, in millimetres; negative is inside.

Every part takes the running field (N,) and the points (N, 3) and gives the new field.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy.interpolate import PchipInterpolator


def smooth_min(a, b, k):
    """Cubic smooth minimum; where a == b it lies k/6 below either."""
    if k <= 0:
        return np.minimum(a, b)
    h = np.maximum(k - np.abs(a - b), 0.0) / k
    return np.minimum(a, b) - k * h**3 / 6.0


def smooth_max(a, b, k):
    return -smooth_min(-a, -b, k)


def _ellipsoid(p, centre, radii, yaw, roll):
    q = p - np.asarray(centre, float)
    if yaw:
        c, s = np.cos(np.radians(yaw)), np.sin(np.radians(yaw))
        q = np.stack([c * q[:, 0] - s * q[:, 2], q[:, 1], s * q[:, 0] + c * q[:, 2]], 1)
    if roll:
        c, s = np.cos(np.radians(roll)), np.sin(np.radians(roll))
        q = np.stack([c * q[:, 0] + s * q[:, 1], -s * q[:, 0] + c * q[:, 1], q[:, 2]], 1)
    r = np.asarray(radii, float)
    k0 = np.sqrt(((q / r) ** 2).sum(1))
    k1 = np.sqrt(((q / r**2) ** 2).sum(1)) + 1e-9
    return np.where(k0 < 1e-6, -r.min(), k0 * (k0 - 1.0) / k1)


@dataclass(frozen=True)
class Ellipsoid:
    """Joins (or, with cut, removes) an ellipsoid; yaw turns z toward +x, roll x toward y (degrees)."""

    centre: tuple
    radii: tuple
    k: float
    yaw: float = 0.0
    roll: float = 0.0
    cut: bool = False

    def apply(self, f, p):
        d = _ellipsoid(p, self.centre, self.radii, self.yaw, self.roll)
        return smooth_max(f, -d, self.k) if self.cut else smooth_min(f, d, self.k)


@dataclass(frozen=True)
class Capsule:
    """Joins a cone with round ends from a (radius ra) to b (radius rb)."""

    a: tuple
    b: tuple
    ra: float
    rb: float
    k: float

    def apply(self, f, p):
        a, b = np.asarray(self.a, float), np.asarray(self.b, float)
        t = np.clip((p - a) @ (b - a) / ((b - a) @ (b - a)), 0, 1)
        d = np.linalg.norm(p - a - t[:, None] * (b - a), axis=1) - (self.ra + t * (self.rb - self.ra))
        return smooth_min(f, d, self.k)


@dataclass(frozen=True)
class Bump:
    """Raises (or lowers) the surface by a Gaussian of the given height."""

    centre: tuple
    sigma: tuple
    height: float

    def apply(self, f, p):
        q2 = (((p - np.asarray(self.centre, float)) / np.asarray(self.sigma, float)) ** 2).sum(1)
        return f - self.height * np.exp(-0.5 * q2)


def resample(points, n):
    """A polyline (M, D) as n points along a monotone cubic of its chord length."""
    points = np.asarray(points, float)
    s = np.r_[0, np.cumsum(np.linalg.norm(np.diff(points[:, :3], axis=0), axis=1))]
    return PchipInterpolator(s, points)(np.linspace(0, s[-1], n))


@cache
def _whole_curve(points, samples):
    """Resampled curve; one that starts on the midline is continued by its mirror image."""
    points = np.asarray(points, float)
    if points[0, 0] == 0:
        points = np.vstack([points[:0:-1] * np.r_[-1, np.ones(points.shape[1] - 1)], points])
        samples = 2 * samples - 1
    return resample(points, samples)


def nearest_on_curve(p, curve):
    """Distance to a polyline (M, 3 + extra) and the extra columns at the nearest point."""
    a, d = curve[:-1, :3], np.diff(curve[:, :3], axis=0)
    t = np.clip(((p[:, None] - a) * d).sum(2) / (d * d).sum(1), 0, 1)
    dist2 = ((p[:, None] - a - t[..., None] * d) ** 2).sum(2)
    j = dist2.argmin(1)
    i = np.arange(len(p))
    w = curve[j, 3] + t[i, j] * (curve[j + 1, 3] - curve[j, 3])
    return np.sqrt(dist2[i, j]), w


@dataclass(frozen=True)
class Ridge:
    """Raises (or lowers) the surface along a curve; points are (x, y, z, weight)."""

    points: tuple
    sigma: float
    height: float
    samples: int = 20

    def apply(self, f, p):
        curve = _whole_curve(self.points, self.samples)
        reach = 4.0 * self.sigma
        near = ((p > curve[:, :3].min(0) - reach) & (p < curve[:, :3].max(0) + reach)).all(1)
        if near.any():
            d, w = nearest_on_curve(p[near], curve)
            f = f.copy()
            f[near] -= self.height * w * np.exp(-0.5 * (d / self.sigma) ** 2)
        return f


@dataclass(frozen=True)
class Tube:
    """Joins a tube along a curve; points are (x, y, z, radius)."""

    points: tuple
    k: float
    samples: int = 16

    def apply(self, f, p):
        curve = _whole_curve(self.points, self.samples)
        reach = curve[:, 3].max() + 2 * self.k + 6
        near = ((p > curve[:, :3].min(0) - reach) & (p < curve[:, :3].max(0) + reach)).all(1)
        if near.any():
            d, r = nearest_on_curve(p[near], curve)
            f = f.copy()
            f[near] = smooth_min(f[near], d - r, self.k)
        return f
