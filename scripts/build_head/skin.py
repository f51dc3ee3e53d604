"""The half skin: grid, rings and relaxation put together."""
import numpy as np

from . import ear, lids, lips, nostril
from .fit import averaging, initial_grid, relax, taubin
from .grid import RIM_ROWS, build_half
from .shape import HEAD

RELAX_STEPS, TAUBIN_PAIRS = 36, 7


def place_rings(half, points, parts):
    lips.place(points, half.rings["mouth"], parts)
    lids.place(points, half.rings["eye"], parts)
    nostril.place(points, half.rings["nostril"], half.nostril_cap, parts)
    ear.place(points, half.rings["ear"], parts)


def place_rim(half, points):
    """Rolls the lower edge inward so that the bust ends in a rounded rim."""
    edge = points[half.columns[:, RIM_ROWS]]
    centre = np.array([0.0, edge[:, 1].mean(), -42.0])
    inward = (centre - edge) * [1, 0, 1]
    inward /= np.linalg.norm(inward, axis=1, keepdims=True)
    points[half.columns[:, 1]] = edge + 3.0 * inward + [0, -2.2, 0]
    points[half.columns[:, 0]] = edge + 9.0 * inward + [0, -1.0, 0]


def free_vertices(half):
    """Grid, crown and the outer rings of each block; everything else is placed explicitly."""
    kept = [half.rings["mouth"][:3].ravel(), half.rings["eye"][:3].ravel(), half.rings["nostril"][:1].ravel(),
            half.rings["ear"][:1].ravel()]
    grid = half.columns[:, RIM_ROWS + 1:]
    return np.unique(np.concatenate([grid[grid >= 0], half.crown.ravel(), *kept]))


def build_half_skin(parts=HEAD):
    half = build_half()
    faces = np.vstack(half.quads)
    points = initial_grid(half, parts)
    place_rings(half, points, parts)
    mean = averaging(faces, half.count, half.midline)
    free = free_vertices(half)
    points = relax(points, mean, free, half.midline, parts, RELAX_STEPS)
    place_rings(half, points, parts)
    points = taubin(points, mean, free, half.midline, TAUBIN_PAIRS)
    place_rim(half, points)
    points[half.midline, 0] = 0
    return half, faces, points
