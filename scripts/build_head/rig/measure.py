"""Distances on the posed mouth (mm): how far lips are apart, whether things run through each other."""

import numpy as np
from scipy.spatial import cKDTree

from ..crossing import candidates
from ..crossing import crossings as crossing_triangles
from .face import SEAM, SIDES

SAMPLES = 40
OUTER, INNER = 4, 10  # rings of the lips' cross-section: vermilion … inner side


def _envelope(profile, z, sign):
    """Lowest (sign −1) or highest (+1) y of a polyline (rings, 2: z, y) at each z; NaN beside it."""
    a, b = profile[:-1, None], profile[1:, None]
    low, high = np.minimum(a[..., 0], b[..., 0]), np.maximum(a[..., 0], b[..., 0])
    t = (z - a[..., 0]) / np.where(high - low < 1e-9, 1.0, b[..., 0] - a[..., 0])
    y = np.where((z >= low) & (z <= high), a[..., 1] + t * (b[..., 1] - a[..., 1]), -sign * np.inf)
    best = y.max(0) if sign > 0 else y.min(0)
    return np.where(np.isinf(best), np.nan, best)


def apertures(face, points, within=0.999):
    """Smallest vertical gap between the lips per station; negative where one runs through the other.

    Infinite where the lips do not overlap in depth.
    """
    out = []
    for station in np.flatnonzero(np.abs(face.across) < within):
        upper, lower = (points[face.rings[side][OUTER:INNER, station]][:, [2, 1]] for side in SIDES)
        low = max(upper[:, 0].min(), lower[:, 0].min())
        high = min(upper[:, 0].max(), lower[:, 0].max())
        if low >= high:
            out.append(np.inf)
            continue
        z = np.unique(np.r_[np.linspace(low, high, SAMPLES), upper[:, 0], lower[:, 0]])
        z = z[(z >= low) & (z <= high)]
        out.append(np.nanmin(_envelope(upper, z, -1) - _envelope(lower, z, 1)))
    return np.array(out)


def opening(face, points, within=0.9):
    """Vertical distance of the two seams per station."""
    rows = [face.rings[side][SEAM][np.abs(face.across) < within] for side in SIDES]
    return points[rows[0], 1] - points[rows[1], 1]


def lip_to_upper_teeth(face, points):
    """Height of the upper incisors' edges over the lower lip's upper surface, one number a tooth."""
    middle = np.abs(face.across) < 0.45
    lip = points[face.rings["lower"][OUTER:INNER, middle]]
    gaps = []
    for side in ("left", "right"):
        for tooth in (1, 2):
            crown = points[face.names[f"teeth_upper_{side}_{tooth}"]]
            edge = crown[crown[:, 1] < crown[:, 1].min() + 0.3]
            column = lip[:, np.abs(lip[SEAM - OUTER, :, 0] - edge[:, 0].mean()).argmin()][:, [2, 1]]
            inside = edge[(edge[:, 2] > column[:, 0].min()) & (edge[:, 2] < column[:, 0].max())]
            if len(inside):
                gaps.append((inside[:, 1] - _envelope(column, inside[:, 2], 1)).min())
            else:
                gaps.append(np.linalg.norm(edge[:, None, [2, 1]] - column, axis=-1).min())
    return np.array(gaps)


def teeth_gap(face, points):
    """Vertical distance between the biting edges of the front teeth (negative = overbite)."""
    names = face.names
    upper = min(points[names[f"teeth_upper_{s}_1"], 1].min() for s in ("left", "right"))
    lower = max(points[names[f"teeth_lower_{s}_1"], 1].max() for s in ("left", "right"))
    return upper - lower


def behind_teeth(face, points):
    """How far the lips lie behind the front face of the teeth at the same height (0 = nowhere)."""
    worst = 0.0
    rows = np.concatenate([face.rings[side][0:10].ravel() for side in SIDES])
    lips = points[np.unique(rows)]
    for jaw in ("upper", "lower"):
        front = []
        for side in ("left", "right"):
            for tooth in range(1, 5):
                crown = points[face.names[f"teeth_{jaw}_{side}_{tooth}"]]
                front.append(crown[crown[:, 2] > np.median(crown[:, 2])])
        front = np.concatenate(front)
        # The lips may lie under the edge of the teeth or beyond their necks.
        low, high = front[:, 1].min() + 0.4, front[:, 1].max() - 0.4
        near = lips[(lips[:, 1] > low) & (lips[:, 1] < high) & (np.abs(lips[:, 0]) < 16)]
        if not len(near):
            continue
        _, index = cKDTree(front[:, :2]).query(near[:, :2], k=3)
        depth = front[index][..., 2].max(1) - near[:, 2]
        worst = max(worst, float(depth[depth < 9].max(initial=0)))
    return worst


def stretch(face, points):
    """Length of the edges of the visible mouth region over their length at rest: 0.5 %, 99.5 %."""
    tri = visible_mouth(face)
    edges = np.unique(np.sort(np.r_[tri[:, :2], tri[:, 1:], tri[:, ::2]], 1), axis=0)
    lengths = [np.linalg.norm(p[edges[:, 0]] - p[edges[:, 1]], axis=1) for p in (points, face.points)]
    keep = lengths[1] > 0.6
    return np.percentile(lengths[0][keep] / lengths[1][keep], [0.5, 99.5])


def visible_mouth(face):
    """Triangles of the mouth's skin and lips."""
    tri = face.triangles
    sack = np.zeros(len(face.points), bool)
    sack[face.names["mouth_sack"]] = True
    inside = np.zeros(len(face.points), bool)
    inside[face.skin] = face.mouth_zone
    return tri[inside[tri].all(1) & ~sack[tri].all(1)]


def crossings(face, points):
    """Middles of the mouth's triangles that cut through others; lip against lip is not counted."""
    tri = visible_mouth(face)
    side = np.zeros(len(face.points), int)
    for sign, name in ((1, "upper"), (-1, "lower")):
        side[face.rings[name][4:].ravel()] = sign
    side[face.names["lip_corners"]] = 0
    side = side[tri].sum(1)
    a, b = candidates(points, tri)
    same = side[a] * side[b] >= 0
    return points[tri[crossing_triangles(points, tri, (a[same], b[same]))]].mean(1)
