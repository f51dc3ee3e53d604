"""The half skin: grid, rings and relaxation put together."""

import numpy as np

from . import ear, lids, lips, nostril
from .field import evaluate, project
from .fit import averaging, initial_grid, nose_pins, relax, taubin
from .grid import COLUMNS, NOSTRIL, RIM_ROWS, build_half
from .shape import CUT_SLOPE, CUT_Y, HEAD

RELAX_STEPS, TAUBIN_PAIRS = 30, 3


def place_rings(half, points, parts):
    lips.place(points, half.rings["mouth"], parts)
    lids.place(points, half.rings["eye"], parts)
    nostril.place(points, half.rings["nostril"], half.nostril_cap, parts)
    ear.place(points, half.rings["ear"], parts)


def in_cut(p):
    """Points moved up or down into the plane that cuts the bust."""
    return np.c_[p[:, 0], CUT_Y + CUT_SLOPE * p[:, 2], p[:, 2]]


def place_cut(half, points, parts):
    """Puts row 0 where a tilted plane cuts the bust: rays toward the middle, marched to the surface."""
    turn = np.linspace(0, 1, COLUMNS)
    angle = np.pi * (turn + 0.035 * np.sin(2 * np.pi * turn))
    direction = np.c_[np.sin(angle), 0 * angle, np.cos(angle)]
    middle = np.array([0.0, 0.0, -40.0])
    p = in_cut(middle + 160 * direction)
    for _ in range(60):
        p = in_cut(p - 0.8 * evaluate(parts, p)[:, None] * direction)
    points[half.columns[:, RIM_ROWS]] = p


def place_rim(half, points):
    """Rolls the lower edge inward so that the bust ends in a rounded rim and an almost closed base."""
    edge = points[half.columns[:, RIM_ROWS]]
    middle = np.array([0.0, CUT_Y + CUT_SLOPE * -40, -40.0])
    inward = (middle - edge) * [1, 0, 1]
    inward /= np.linalg.norm(inward, axis=1, keepdims=True)
    points[half.columns[:, 1]] = edge + 1.8 * inward + [0, -2.2, 0]
    points[half.columns[:, 0]] = middle + 0.35 * (edge - middle) + [0, -2.0, 0]


def soften(half, points, mean, weight, rounds):
    """Averages grid vertices with their neighbours; weight is a function of (column, row)."""
    c, r = np.meshgrid(np.arange(COLUMNS), np.arange(half.columns.shape[1]) - RIM_ROWS, indexing="ij")
    w = np.where(half.columns >= 0, weight(c, r), 0)
    ids, w = half.columns[w > 0], 0.5 * w[w > 0][:, None]
    for _ in range(rounds):
        points[ids] += w * ((mean @ points)[ids] - points[ids])
        points[half.midline, 0] = 0


def throat(c, r):
    """The crease between chin and neck, which the grid is too coarse to follow sharply."""
    return np.clip((20 - c) / 6, 0, 1) * np.clip(1.6 - np.abs(r - 7.5) / 3.0, 0, 1)


def alar_base(c, r):
    """Where the wing of the nose meets the lip and the cheek: sheared quads there would show as streaks."""
    beside = np.clip(1.5 - np.abs(c - 7.5) / 3.0, 0, 1) * np.clip(1.6 - np.abs(r - 32.0) / 3.0, 0, 1)
    wing = (c <= NOSTRIL.c1) & (r > NOSTRIL.r0 + 1)
    return np.where(wing, 0.0, beside)


def shoulders(c, r):
    return np.where(r >= 1, np.clip((6.5 - r) / 3, 0, 1), 0.0)


def smooth_cut(half, points, rounds=10):
    """Evens the outline of the cut and keeps it in its plane."""
    row = half.columns[:, RIM_ROWS]
    for _ in range(rounds):
        p = points[row]
        flip = [-1, 1, 1]
        around = np.vstack([p[1:2] * flip, p, p[-2:-1] * flip])
        p = 0.25 * around[:-2] + 0.5 * p + 0.25 * around[2:]
        points[row] = in_cut(p)


def free_vertices(half):
    """Grid, crown and the outer rings of each block; everything else is placed explicitly."""
    kept = [
        half.rings["mouth"][:3].ravel(),
        half.rings["eye"][:3].ravel(),
        half.rings["nostril"][:1].ravel(),
        half.rings["ear"][:1].ravel(),
    ]
    grid = half.columns[:, RIM_ROWS + 1 :]
    return np.unique(np.concatenate([grid[grid >= 0], half.crown.ravel(), *kept]))


def build_half_skin(parts=HEAD):
    half = build_half()
    faces = np.vstack(half.quads)
    points = initial_grid(half, parts)
    place_cut(half, points, parts)
    place_rings(half, points, parts)
    mean = averaging(faces, half.count, half.midline)
    dense = averaging(faces, half.count, half.midline, rest=points)
    free = free_vertices(half)
    points = relax(
        points, dense, free, half.midline, parts, RELAX_STEPS, pins=nose_pins(half, points), pin_pull=0.5
    )
    place_rings(half, points, parts)
    points = taubin(points, mean, free, half.midline, TAUBIN_PAIRS)
    points[free] = project(parts, points[free], steps=2, limit=1.0)
    soften(half, points, mean, alar_base, 6)
    nostril.place(points, half.rings["nostril"], half.nostril_cap, parts)
    soften(half, points, mean, throat, 8)
    smooth_cut(half, points)
    soften(half, points, mean, shoulders, 8)
    place_rim(half, points)
    points[half.midline, 0] = 0
    return half, faces, points
