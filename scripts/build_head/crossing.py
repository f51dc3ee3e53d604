"""Where a surface cuts through itself."""

import numpy as np
from scipy.spatial import cKDTree


def candidates(points, tris, slack=0.0):
    """Pairs of triangles, in both orders, whose balls come within `slack` and which share no vertex."""
    corner = points[tris]
    middle = corner.mean(1)
    reach = np.linalg.norm(corner - middle[:, None], axis=2).max(1) + 0.5 * slack
    order = np.argsort(reach)
    pairs = []
    for part in np.array_split(order, 12):  # triangles of like size together keep the search small
        tree = cKDTree(middle[part])
        near = tree.query_ball_point(middle, reach + reach[part].max())
        count = np.array([len(n) for n in near])
        a, b = np.repeat(np.arange(len(tris)), count), part[np.concatenate(near).astype(int)]
        close = np.linalg.norm(middle[a] - middle[b], axis=1) < reach[a] + reach[b]
        pairs.append(np.stack([a[close], b[close]], 1))
    a, b = np.concatenate(pairs).T
    _, place = np.unique(points.round(7), axis=0, return_inverse=True)  # vertices that coincide count as one
    place = place.ravel()[tris]
    apart = (place[a][:, :, None] != place[b][:, None, :]).all((1, 2))
    return a[apart], b[apart]


def crossings(points, tris, pairs):
    """Triangles of `pairs[0]` of which an edge passes through the triangle of `pairs[1]`."""
    a, b = pairs
    origin, u, v = points[tris[b, 0]], *(points[tris[b, k]] - points[tris[b, 0]] for k in (1, 2))
    normal = np.cross(u, v)
    hit = np.zeros(len(a), bool)
    for k in range(3):
        p, q = points[tris[a, k]], points[tris[a, (k + 1) % 3]]
        ray = q - p
        along = (normal * ray).sum(1)
        with np.errstate(divide="ignore", invalid="ignore"):
            t = (normal * (origin - p)).sum(1) / along
            w = p + t[:, None] * ray - origin
            area = (normal * normal).sum(1)
            s1 = (np.cross(w, v) * normal).sum(1) / area
            s2 = (np.cross(u, w) * normal).sum(1) / area
            hit |= (t > 0) & (t < 1) & (s1 > 0) & (s2 > 0) & (s1 + s2 < 1)
    return np.unique(a[hit])
