"""Texture coordinates: the skin as one symmetric chart cut at the back, small charts for the rest."""

import numpy as np
from scipy.sparse import coo_matrix, csr_matrix, identity
from scipy.sparse.linalg import spsolve

from .grid import LIP_LINE, RIM_ROWS
from .mirror import flip
from .shape import CUT_SLOPE, CUT_Y

SKIN_BOX = (0.5, 0.215, 0.492, 0.775)
"""Left edge (the midline), bottom, width of one half, height."""
SEAM_CORNER_ROW, SEAM_TIP = 46, 6
ROUNDS = 20


def importance(p):
    """How much texture a place deserves per area: the front of the face most, the bust's underside least."""
    q2 = (((p - [0, -32, 75]) / [62, 88, 70]) ** 2).sum(1)
    ear = (((p - [76, -17, -10]) / [16, 36, 24]) ** 2).sum(1)
    base = np.clip((p[:, 1] - (CUT_Y + CUT_SLOPE * p[:, 2]) + 1.0) / 2.0, 0.03, 1.0)
    return base * (1.0 + 2.2 * np.exp(-(q2**1.5)) + 0.8 * np.exp(-ear))


def _boundary(half, points):
    """Fixed vertices of the half chart in the unit rectangle: midline on the left, seam right and top."""
    column, crown = half.columns, half.crown[0]
    front = column[0][column[0] >= 0]
    mouth = half.rings["mouth"][: LIP_LINE + 1]
    below, above = front[front <= column[0, 20 + RIM_ROWS]], front[front >= column[0, 28 + RIM_ROWS]]
    left = np.r_[
        below, mouth[1:, 0], mouth[LIP_LINE, -1], mouth[1:LIP_LINE, -1][::-1], above, crown[1 : SEAM_TIP + 1]
    ]
    bottom = column[:, 0]
    right = column[-1, : SEAM_CORNER_ROW + RIM_ROWS + 1]
    top = np.r_[column[-1, SEAM_CORNER_ROW + RIM_ROWS :], crown[SEAM_TIP:-1][::-1]]

    def fraction(ids):
        step = np.linalg.norm(np.diff(points[ids], axis=0), axis=1)
        s = np.r_[0, np.cumsum(step * np.sqrt(importance(0.5 * (points[ids][1:] + points[ids][:-1]))))]
        return s / s[-1]

    place = {}
    for ids, at in (
        (left, lambda t: (0 * t, t)),
        (bottom, lambda t: (t, 0 * t)),
        (right, lambda t: (1 + 0 * t, t)),
        (top, lambda t: (1 - t, 1 + 0 * t)),
    ):
        place.update(zip(ids.tolist(), np.stack(at(fraction(ids)), 1), strict=True))
    return place


def _weld(half):
    """Vertex -> representative, so that the closed lips share one line."""
    to = np.arange(half.count)
    seam = half.rings["mouth"][LIP_LINE]
    to[seam[14:]] = seam[:13][::-1]
    return to


def _fan(ring, centre):
    return np.stack([ring, np.roll(ring, -1), np.full(len(ring), centre)], 1)


def half_skin_uv(half, faces, points):
    """(half.count, 2) in the unit rectangle for all skin faces but the mouth's inside."""
    inside = np.isin(np.concatenate(half.parts), ["mouth"]) & (np.concatenate(half.bands) >= LIP_LINE)
    quads = faces[~inside]
    tris = np.vstack([quads[:, :3], quads[quads[:, 3] >= 0][:, [0, 2, 3]]])
    hole = half.rings["eye"][-1]
    points = np.vstack([points, points[hole].mean(0)])
    to = np.r_[_weld(half), half.count]
    area_tris = to[tris]
    tris = np.vstack([area_tris, to[_fan(hole, half.count)]])
    place = {int(to[v]): p for v, p in _boundary(half, points).items()}
    uv = _solve(tris, points, place, len(area_tris))
    return uv[to][: half.count]


def _flat(points, tris):
    """Edge matrices (T, 2, 2) of the triangles laid into their own planes."""
    e1, e2 = points[tris[:, 1]] - points[tris[:, 0]], points[tris[:, 2]] - points[tris[:, 0]]
    x = np.linalg.norm(e1, axis=1)
    along = (e1 * e2).sum(1) / x
    height = np.linalg.norm(np.cross(e1, e2), axis=1) / x
    return np.stack([np.stack([x, along], 1), np.stack([0 * x, np.maximum(height, 1e-3)], 1)], 1)


def _singular_values(uv, tris, rest):
    """Stretch (T, 2) of the map from the surface to the texture, largest first."""
    edges = np.stack([uv[tris[:, 1]] - uv[tris[:, 0]], uv[tris[:, 2]] - uv[tris[:, 0]]], 2)
    return np.linalg.svd(edges @ np.linalg.inv(rest), compute_uv=False)


def _solve(tris, points, place, real):
    """Convex-combination map, its weights adapted a few rounds so that stretch evens out.

    The midline keeps u = 0 but its height is free: by symmetry its vertices see each neighbour twice.
    """
    n = len(points)
    boundary = np.array(sorted(place))
    target = np.array([place[v] for v in boundary])
    used = np.unique(tris)
    slides = (target[:, 0] == 0) & (target[:, 1] > 0) & (target[:, 1] < 1)
    i = np.r_[tris[:, 0], tris[:, 1], tris[:, 2], tris[:, 1], tris[:, 2], tris[:, 0]]
    j = np.r_[tris[:, 1], tris[:, 2], tris[:, 0], tris[:, 0], tris[:, 1], tris[:, 2]]
    middle = np.isin(np.arange(n), boundary[target[:, 0] == 0])
    both = np.where(middle[i] & ~middle[j], 2.0, 1.0)
    length = np.linalg.norm(points[i] - points[j], axis=1)
    weight = csr_matrix(coo_matrix((both / np.maximum(length, 0.3), (i, j)), (n, n)))
    rest = _flat(points, tris) * np.sqrt(importance(points[tris].mean(1)))[:, None, None]
    area = 0.5 * np.abs(np.linalg.det(rest))
    area[real:] *= 0.1
    uv = np.zeros((n, 2))
    uv[boundary] = target
    best, best_uv = np.inf, uv
    for _ in range(ROUNDS):
        sums = np.asarray(weight.sum(1)).ravel()
        lap = weight.multiply(1 / np.maximum(sums, 1e-12)[:, None]).tocsr()
        for axis, fixed in ((0, boundary), (1, boundary[~slides])):
            free = np.setdiff1d(used, fixed)
            a = identity(len(free)) - lap[free][:, free]
            uv[free, axis] = spsolve(a.tocsc(), lap[free][:, fixed] @ uv[fixed, axis])
        stretch = _singular_values(uv * SKIN_BOX[2:], tris, rest)
        stretch /= np.sqrt(np.average(stretch.prod(1), weights=area))
        energy = np.minimum((stretch**2 + 1 / np.maximum(stretch, 1e-4) ** 2).sum(1), 60)
        score = np.average(energy[:real], weights=area[:real])
        if score < best:
            best, best_uv = score, uv.copy()
        small = np.sqrt((1 / np.maximum(stretch, 1e-3) ** 2).sum(1) / 2)
        vertex, share = np.zeros(n), np.full(n, 1e-9)
        for k in range(3):
            np.add.at(vertex, tris[:, k], small * area)
            np.add.at(share, tris[:, k], area)
        vertex = np.clip(vertex / share, 0.05, 20)
        weight = weight.multiply(vertex[None, :] ** -0.3).tocsr()
    return best_uv


def _disc_rings(counts, shape):
    """Concentric rings as a disc of unit diameter: list over rings of (n, 2)."""
    out = []
    for ring in range(counts):
        radius = 0.5 * (1 - 0.92 * ring / (counts - 1))
        out.append(0.5 + radius * np.c_[np.cos(shape), np.sin(shape)])
    return out


def mouth_uv(half):
    """(half.count, 2) for the mouth's inside, left half: u = 0.5 is the midline of a unit square."""
    rings = half.rings["mouth"][LIP_LINE:]
    angle = np.linspace(-np.pi / 2, np.pi / 2, rings.shape[1])
    uv = np.zeros((half.count, 2))
    for ids, place in zip(rings, _disc_rings(len(rings), angle), strict=True):
        uv[ids] = place
    return uv


def _flipped(uv, axis):
    """Mirrored about the line u = axis."""
    return uv * [-1, 1] + [2 * axis, 0]


def skin_uv(half, faces, points):
    """uv (M, 2) and per-face corners uv_quads for the whole skin, from the half's charts."""
    parts, bands = np.concatenate(half.parts), np.concatenate(half.bands)
    inside = (parts == "mouth") & (bands >= LIP_LINE)
    left, bottom, width, height = SKIN_BOX
    base = half_skin_uv(half, faces, points) * [width, height] + [left, bottom]
    sack = mouth_uv(half) * 0.17 + [0.40, 0.02]
    charts = [base, _flipped(base, 0.5), sack, _flipped(sack, 0.485)]
    uv = np.vstack(charts)
    n = half.count
    corners = np.where(inside[:, None], faces + 2 * n, faces)
    other = flip(faces)
    corners_other = np.where(inside[:, None], other + 3 * n, other + n)
    quads = np.vstack([np.where(faces < 0, -1, corners), np.where(other < 0, -1, corners_other)])
    return compact(uv, quads)


def compact(uv, quads):
    """Drops unused coordinates and merges equal ones."""
    used = np.unique(quads[quads >= 0])
    rounded, inverse = np.unique(np.round(uv[used], 7), axis=0, return_inverse=True)
    to = np.full(len(uv), -1)
    to[used] = inverse.ravel()
    return rounded, np.where(quads < 0, -1, to[quads])
