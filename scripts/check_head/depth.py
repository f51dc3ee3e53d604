"""How far one surface has sunk into another, in millimetres."""

import numpy as np
from scipy.spatial import cKDTree

NEAR = 12  # triangles looked at for the nearest point
REACH = 12.0  # mm: nothing is followed deeper
SAMPLES = np.array([(i, j, 4 - i - j) for i in range(5) for j in range(5 - i)]) / 4  # of a triangle


def closest_points(p, triangles):
    """The nearest point of each triangle (n, 3, 3) to each p (n, 3), as barycentric weights (n, 3)."""
    a, b, c = triangles[:, 0], triangles[:, 1], triangles[:, 2]
    dot = lambda x, y: (x * y).sum(1)  # noqa: E731
    ab, ac, ap = b - a, c - a, p - a
    d00, d01, d11 = dot(ab, ab), dot(ab, ac), dot(ac, ac)
    d20, d21 = dot(ap, ab), dot(ap, ac)
    size = np.maximum(d00 * d11 - d01 * d01, 1e-18)
    v, w = (d11 * d20 - d01 * d21) / size, (d00 * d21 - d01 * d20) / size
    best = np.stack([1 - v - w, v, w], 1)
    outside = (best < 0).any(1)
    distance = np.where(outside, np.inf, 0.0)
    for i, j in ((0, 1), (1, 2), (2, 0)):  # outside: the nearest of the three edges
        start, edge = triangles[:, i], triangles[:, j] - triangles[:, i]
        t = np.clip(dot(p - start, edge) / np.maximum(dot(edge, edge), 1e-18), 0, 1)
        away = np.linalg.norm(p - start - t[:, None] * edge, axis=1)
        nearer = outside & (away < distance)
        weights = np.zeros((len(p), 3))
        weights[:, i], weights[:, j] = 1 - t, t
        best[nearer], distance[nearer] = weights[nearer], away[nearer]
    return best


def open_edges(tris):
    """(n, 2) edges of one triangle only, lower vertex first."""
    edges = np.sort(np.concatenate([tris[:, [0, 1]], tris[:, [1, 2]], tris[:, [2, 0]]]), 1)
    found, count = np.unique(edges, axis=0, return_counts=True)
    return found[count == 1]


def on_rim(corners, weights, rim):
    """Whether points, `weights` (n, 3) of triangles' corners (n, 3), lie on open edges `rim` (m, 2)."""
    touched = weights > 1e-9
    out = (touched.sum(1) == 1) & np.isin(corners[np.arange(len(corners)), weights.argmax(1)], rim)
    base = max(corners.max(initial=0), rim.max(initial=0)) + 1
    codes = rim[:, 0] * base + rim[:, 1]
    for i, j in ((0, 1), (1, 2), (2, 0)):
        pair = np.sort(corners[:, [i, j]], 1)
        edge = touched[:, i] & touched[:, j] & (touched.sum(1) == 2)
        out |= edge & np.isin(pair[:, 0] * base + pair[:, 1], codes)
    return out


def behind(p, points, tris, normals):
    """How far each p lies behind a surface to its nearest point; 0 in front of it and beyond its rim."""
    corners = points[tris]
    count = min(NEAR, len(tris))
    _, near = cKDTree(corners.mean(1)).query(p, k=count)
    near = np.reshape(near, (len(p), count))
    flat, many = near.ravel(), np.repeat(p, count, 0)
    weights = closest_points(many, corners[flat])
    feet = np.einsum("nk,nkc->nc", weights, corners[flat])
    away = np.linalg.norm(many - feet, axis=1).reshape(len(p), count)
    best = away.argmin(1) + count * np.arange(len(p))
    normal = np.einsum("nk,nkc->nc", weights[best], normals[tris[flat[best]]])
    side = ((p - feet[best]) * normal).sum(1)
    beyond = on_rim(tris[flat[best]], weights[best], open_edges(tris))
    return np.where((side < 0) & ~beyond, away.ravel()[best], 0.0)


def sunk(points, normals, tris, own, other, pairs):
    """Depth of the surface `own` (mask of triangles) behind `other` where `pairs` of them cross: from the
    crossings on, along `own`, over all that is behind."""
    crossed = np.unique(np.where(own[pairs[:, 0]], pairs[:, 0], pairs[:, 1]))
    target = tris[other]
    samples = np.einsum("sk,nkc->nsc", SAMPLES, points[tris[crossed]]).reshape(-1, 3)
    deepest = behind(samples, points, target, normals).max(initial=0.0)
    mine = tris[own]
    seen = np.zeros(len(points), bool)
    front = np.unique(tris[crossed])
    while len(front):
        seen[front] = True
        depth = behind(points[front], points, target, normals)
        inside = front[(depth > 0) & (depth < REACH)]
        deepest = max(deepest, depth[depth < REACH].max(initial=0.0))
        reached = np.zeros(len(points), bool)
        reached[inside] = True
        grown = np.unique(mine[reached[mine].any(1)])
        front = grown[~seen[grown]]
    return float(deepest)


def poked(points, tris, pairs):
    """The same for a surface that crosses itself: how far a triangle reaches through the other's plane."""
    if not len(pairs):
        return 0.0
    both = []
    for a, b in (pairs.T, pairs.T[::-1]):
        p, q = points[tris[a]], points[tris[b]]
        normal = np.cross(q[:, 1] - q[:, 0], q[:, 2] - q[:, 0])
        normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-12)
        height = ((p - q[:, :1]) * normal[:, None]).sum(-1)
        both.append(np.minimum(height.max(1), -height.min(1)))
    return float(np.minimum(*both).max())
