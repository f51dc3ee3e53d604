"""Places the grid on the field: a spline through landmarks, projection, relaxation on the surface."""

import csv
from pathlib import Path

import numpy as np
from scipy.interpolate import PchipInterpolator, RBFInterpolator
from scipy.sparse import coo_matrix, diags

from .field import march, project
from .grid import COLUMNS, CROWN_DEPTH, CROWN_WIDTH, RIM_ROWS, ROWS

BACK = COLUMNS - 1


def read_landmarks():
    """(column, row) (L, 2) and positions (L, 3), millimetres, of the landmark table."""
    with Path(__file__).with_name("landmarks.csv").open() as handle:
        rows = list(csv.DictReader(handle))
    at, xyz = (
        np.array([[float(row[k]) for k in keys] for row in rows]) for keys in (("column", "row"), "xyz")
    )
    return at, xyz


def spline():
    """A map (column, row) -> position through the landmarks and their mirror images."""
    at, xyz = read_landmarks()
    flip = np.array([-1, 1, 1])
    front = (at[:, 0] > 0) & (at[:, 0] < 14)
    back = (at[:, 0] < BACK) & (at[:, 0] > 26)
    where = np.vstack([at, at[front] * [-1, 1], [2 * BACK, 0] + at[back] * [-1, 1]])
    target = np.vstack([xyz, xyz[front] * flip, xyz[back] * flip])
    return RBFInterpolator(where, target, kernel="thin_plate_spline", smoothing=0.02)


def initial_grid(half, parts):
    """Positions (half.count, 3) with grid and crown set and on the surface; ring vertices are still zero."""
    points = np.zeros((half.count, 3))
    c, r = np.meshgrid(np.arange(COLUMNS), np.arange(ROWS), indexing="ij")
    ids = half.columns[:, RIM_ROWS:]
    here = ids >= 0
    points[ids[here]] = spline()(np.stack([c[here], r[here]], 1).astype(float))
    _fill_crown(half, points)
    done = np.unique(np.r_[ids[here], half.crown.ravel()])
    points[half.midline, 0] = 0
    points[done] = project(parts, points[done], steps=6)
    points[half.midline, 0] = 0
    return points


def nose_pins(half, points):
    """Vertices of the nose that landmarks hold in place while the grid relaxes, and where they are held."""
    at, _ = read_landmarks()
    whole = at[(at == np.round(at)).all(1) & (at[:, 0] <= 6) & (at[:, 1] >= 30) & (at[:, 1] <= 45)].astype(
        int
    )
    ids = half.columns[whole[:, 0], whole[:, 1] + RIM_ROWS]
    return ids, points[ids].copy()


def _fill_crown(half, points):
    patch = half.crown
    u = np.linspace(0, 1, CROWN_WIDTH + 1)[:, None, None]
    v = np.linspace(0, 1, CROWN_DEPTH + 1)[None, :, None]
    front, back = points[patch[:, 0]][:, None], points[patch[:, -1]][:, None]
    inner = (1 - v) * front + v * back
    side = points[patch[-1]][None]
    edge = (1 - v[0]) * points[patch[-1, 0]] + v[0] * points[patch[-1, -1]]
    fill = inner + u * (side - edge)
    fill[..., 1] += 20 * np.sin(np.pi * v[..., 0]) * (1 - u[..., 0])
    points[patch[:-1, 1:-1]] = fill[:-1, 1:-1]


def averaging(faces, count, midline, rest=None):
    """Sparse mean over edge neighbours; on the midline a lateral neighbour also stands for its mirror image.

    With rest positions near neighbours weigh more, so that smoothing keeps their density.
    """
    quads = faces[faces[:, 3] >= 0]
    tris = faces[faces[:, 3] < 0]
    edges = np.vstack(
        [quads[:, [i, (i + 1) % 4]] for i in range(4)] + [tris[:, [i, (i + 1) % 3]] for i in range(3)]
    )
    edges = np.unique(np.sort(edges, 1), axis=0)
    i, j = np.r_[edges[:, 0], edges[:, 1]], np.r_[edges[:, 1], edges[:, 0]]
    on = np.zeros(count, bool)
    on[midline] = True
    weight = np.where(on[i] & ~on[j], 2.0, 1.0)
    if rest is not None:
        weight = weight / (np.linalg.norm(rest[i] - rest[j], axis=1) + 3.0)
    a = coo_matrix((weight, (i, j)), (count, count)).tocsr()
    return diags(1 / np.maximum(np.asarray(a.sum(1)).ravel(), 1e-9)) @ a


def relax(points, mean, free, midline, parts, iterations, strength=0.5, pins=None, pin_pull=0.0, every=3):
    """Laplacian smoothing of the free vertices on the surface; pins (ids, targets) pull some of them back."""
    points = points.copy()
    for step in range(iterations):
        moved = points[free] + strength * ((mean @ points)[free] - points[free])
        points[free] = moved
        if pins is not None:
            points[pins[0]] += pin_pull * (pins[1] - points[pins[0]])
        points[midline, 0] = 0
        if step % every == every - 1 or step == iterations - 1:
            points[free] = project(parts, points[free], steps=1 if step < iterations - 1 else 3, limit=2.0)
            points[midline, 0] = 0
    return points


def taubin(points, mean, free, midline, pairs=7, down=0.5, up=-0.53):
    """Volume-preserving smoothing of the free vertices."""
    points = points.copy()
    for k in range(2 * pairs):
        step = down if k % 2 == 0 else up
        points[free] += step * ((mean @ points)[free] - points[free])
        points[midline, 0] = 0
    return points


def on_front(parts, xy, z=140.0):
    """The frontmost surface point above each (x, y)."""
    start = np.c_[xy, np.full(len(xy), z)]
    return march(parts, start, (0, 0, -1.0), steps=90)


def curve_at(points, t):
    """A smooth curve through points (M, D) at fractions t of its chord length."""
    points = np.asarray(points, float)
    s = np.r_[0, np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))]
    dense = PchipInterpolator(s / s[-1], points)(np.linspace(0, 1, 400))
    arc = np.r_[0, np.cumsum(np.linalg.norm(np.diff(dense, axis=0), axis=1))]
    t = np.asarray(t, float)
    return np.stack([np.interp(t * arc[-1], arc, dense[:, k]) for k in range(dense.shape[1])], -1)
