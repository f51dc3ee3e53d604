"""Eyebrows: single tapered hairs over a soft ground, laid out along the brow and across it in millimetres."""

import numpy as np
from numba import njit
from scipy.spatial import cKDTree

from .fields import along, arc_lengths, layers, leftward, step, within

HAIRS, JOINTS = 620, 7
ARCH, RAISED = 0.74, 0.9  # of the named line's arch, and mm above it
BEYOND = 9.0  # mm that the curve runs on past its ends, for hairs that leave them
# Place along the brow (0 inner end, 1 tip) and millimetres or degrees there.
UPPER = ((0, 2.9), (0.12, 3.4), (0.35, 3.3), (0.6, 2.7), (0.8, 1.9), (0.93, 1.1), (1, 0.35))
LOWER = ((0, 3.1), (0.12, 3.3), (0.35, 2.9), (0.6, 2.2), (0.8, 1.5), (0.93, 0.9), (1, 0.35))
LENGTH = ((0, 5.0), (0.15, 6.6), (0.45, 7.8), (0.7, 7.2), (0.9, 5.4), (1, 4.0))
RISE_LOW = (
    (0, 84),
    (0.08, 66),
    (0.2, 46),
    (0.4, 32),
    (0.65, 20),
    (0.85, 9),
    (1, 2),
)  # of hairs at the lower edge
RISE_HIGH = ((0, 80), (0.08, 52), (0.2, 22), (0.4, 4), (0.65, -6), (0.85, -9), (1, -8))  # at the upper edge
CROWD = ((0, 0.30), (0.06, 0.55), (0.22, 1.0), (0.6, 1.05), (0.85, 0.9), (1, 0.55))  # hairs per area


def brow_line(template):
    """The left brow's middle (n, 3) in mm from the inner end outward: a calm arch along the named line."""
    line = template.vertices[template.names["brow_line_left"]] * 1e3
    x = line[:, 0]
    fine = np.linspace(x.min() + 0.8, x.max() + 0.5, 160)
    height, depth = (np.polyval(np.polyfit(x, line[:, axis], 3), fine) for axis in (1, 2))
    chord = np.interp(fine, fine[[0, -1]], height[[0, -1]])
    return np.stack([fine, chord + ARCH * (height - chord) + RAISED, depth], 1)


def _coordinates(points, curve):
    """Millimetres along the curve and across it (up positive) of points on either side of the face."""
    first, last = curve[0] - curve[1], curve[-1] - curve[-2]
    reach = np.linspace(1, 0, 20, endpoint=False)[:, None] * BEYOND
    long = np.vstack([curve[0] + first / np.linalg.norm(first) * reach, curve])
    long = np.vstack([long, curve[-1] + last / np.linalg.norm(last) * reach[::-1]])
    length = arc_lengths(long) - BEYOND
    at = leftward(points)
    distance, k = cKDTree(long).query(at)
    tangent = np.gradient(long, axis=0)
    tangent /= np.linalg.norm(tangent, axis=1, keepdims=True)
    off = at - long[k]
    shift = (off * tangent[k]).sum(1)
    up = np.array([0, 1.0, 0]) - tangent[k, 1:2] * tangent[k]
    across = np.sqrt(np.maximum(distance**2 - shift**2, 0)) * np.sign((off * up).sum(1))
    return length[k] + shift, across


def _hairs(total, rng):
    """Joints (HAIRS, JOINTS, 2) in mm along and across, and root widths and strengths (HAIRS,)."""
    place = np.linspace(0, 1, 500)
    crowd = along(place, CROWD) * (along(place, UPPER) + along(place, LOWER))
    sums = np.cumsum(crowd) / crowd.sum()
    u = np.interp((np.arange(HAIRS) + rng.random(HAIRS)) / HAIRS, sums, place)
    u += np.where(u < 0.1, rng.uniform(-0.01, 0.03, HAIRS), 0)
    level = rng.uniform(-1.0, 0.62, HAIRS)  # lower edge … upper edge
    level = np.where(u < 0.12, np.minimum(level, rng.uniform(-1, 0.2, HAIRS)), level)
    across = np.where(level < 0, level * along(u, LOWER), level * along(u, UPPER))
    share = (level + 1) / 2
    rise = (1 - share) * along(u, RISE_LOW) + share * along(u, RISE_HIGH) + rng.normal(0, 6, HAIRS)
    length = along(u, LENGTH) * rng.uniform(0.7, 1.12, HAIRS)
    bend = rng.normal(0, 6, HAIRS) - 0.35 * rise  # hairs turn toward the brow's run
    spot = np.stack([u * total, across], 1)
    joints = [spot]
    for q in range(JOINTS - 1):
        angle = np.radians(rise + bend * (q + 0.5) / (JOINTS - 1))
        spot = spot + (length / (JOINTS - 1))[:, None] * np.stack([np.cos(angle), np.sin(angle)], 1)
        joints.append(spot)
    joints = np.stack(joints, 1)
    end = joints[:, -1, 0] / total
    top = along(end, UPPER)
    over = np.maximum(joints[:, -1, 1] - top, 0)  # a groomed edge: tips hardly rise above it
    joints[:, :, 1] -= 0.75 * over[:, None] * (np.arange(JOINTS) / (JOINTS - 1))
    width = rng.uniform(0.20, 0.30, HAIRS) * along(u, ((0, 0.7), (0.15, 1.0), (0.8, 1.0), (1, 0.8)))
    strength = rng.uniform(0.45, 0.85, HAIRS) * along(u, ((0, 0.40), (0.1, 0.75), (0.25, 1.0), (1, 1.0)))
    return joints, width, strength


@njit(cache=True)
def _draw(x, y, pitch, joints, width, strength, bare):
    """Multiplies `bare`, the part of each texel that is not hair, by what each hair leaves of it."""
    hairs, count = joints.shape[0], joints.shape[1]
    for h in range(hairs):
        left, right = joints[h, :, 0].min() - 0.7, joints[h, :, 0].max() + 0.7
        low, high = joints[h, :, 1].min() - 0.7, joints[h, :, 1].max() + 0.7
        for i in range(len(x)):
            if x[i] < left or x[i] > right or y[i] < low or y[i] > high:
                continue
            best = 0.0
            for k in range(count - 1):
                ax, ay = joints[h, k, 0], joints[h, k, 1]
                dx, dy = joints[h, k + 1, 0] - ax, joints[h, k + 1, 1] - ay
                t = ((x[i] - ax) * dx + (y[i] - ay) * dy) / (dx * dx + dy * dy)
                t = min(max(t, 0.0), 1.0)
                distance = np.sqrt((x[i] - ax - t * dx) ** 2 + (y[i] - ay - t * dy) ** 2)
                q = (k + t) / (count - 1)
                thick = width[h] * min(1.0, 0.55 + 3 * q) * (1 - q) ** 0.6
                blur = 0.5 * pitch[i]
                cover = min(max((0.5 * thick + blur - distance) / (2 * blur), 0.0), 1.0)
                best = max(best, cover * min(1.0, thick / pitch[i] + 0.15))
            bare[i] *= 1 - strength[h] * best


def brows(template, texels):
    """How much of each texel is hair."""
    curve = brow_line(template)
    total = arc_lengths(curve)[-1]
    out = np.zeros(len(texels.at))
    near = within(leftward(texels.points), curve, 10)
    some = texels.pick(near)
    x, y = _coordinates(some.points, curve)
    u = x / total
    edge = np.where(y > 0, y / along(u, UPPER), -y / along(u, LOWER))
    ground = (
        step(1.25, 0.35, edge + 0.12 * layers(some.points, 2.2, 11))
        * step(-0.04, 0.24, u)
        * step(1.03, 0.9, u)
    )
    bare = 1 - 0.30 * ground
    joints, width, strength = _hairs(total, np.random.default_rng(7))
    _draw(x, y, some.pitch, joints, width, strength, bare)
    out[near] = 1 - bare
    return out
