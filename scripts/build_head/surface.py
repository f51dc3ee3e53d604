"""Points on a triangle mesh: nearest surface point as (triangle, barycentric)."""

import numpy as np
from scipy.spatial import cKDTree


def triangulate(quads):
    """Triangles (T, 3) and the face each comes from: [0,1,2] of every face, then [0,2,3] of every quad."""
    whole = quads[:, 3] >= 0
    tris = np.vstack([quads[:, :3], quads[whole][:, [0, 2, 3]]])
    return tris, np.r_[np.arange(len(quads)), np.flatnonzero(whole)]


def _closest_on_triangles(p, a, b, c):
    """Barycentric coordinates of the point of each triangle nearest to p (one p for all)."""
    ab, ac, ap = b - a, c - a, p - a
    d00, d01, d11 = (ab * ab).sum(1), (ab * ac).sum(1), (ac * ac).sum(1)
    d20, d21 = (ap * ab).sum(1), (ap * ac).sum(1)
    det = np.maximum(d00 * d11 - d01 * d01, 1e-18)
    v, w = (d11 * d20 - d01 * d21) / det, (d00 * d21 - d01 * d20) / det
    best = np.stack([1 - v - w, v, w], 1)
    outside = (best < 0).any(1)
    for i, j in ((0, 1), (1, 2), (2, 0)):
        corner = (a, b, c)
        e = corner[j] - corner[i]
        t = np.clip(((p - corner[i]) * e).sum(1) / np.maximum((e * e).sum(1), 1e-18), 0, 1)
        bary = np.zeros_like(best)
        bary[:, i], bary[:, j] = 1 - t, t
        if i == 0:
            edge, edge_d = bary, ((corner[i] + t[:, None] * e - p) ** 2).sum(1)
        else:
            d = ((corner[i] + t[:, None] * e - p) ** 2).sum(1)
            edge = np.where((d < edge_d)[:, None], bary, edge)
            edge_d = np.minimum(d, edge_d)
    best[outside] = edge[outside]
    return best


class Surface:
    """Nearest-point queries on chosen triangles of a mesh."""

    def __init__(self, points, tris, allowed):
        self.points, self.tris = points, tris
        self.ids = np.flatnonzero(allowed)
        self.tree = cKDTree(points[tris[self.ids]].mean(1))

    def nearest(self, targets, candidates=40):
        """(triangle, barycentric (N, 3)) of the surface points nearest to targets (N, 3)."""
        face, bary = [], []
        for p in np.atleast_2d(targets):
            pick = self.ids[self.tree.query(p, candidates)[1]]
            a, b, c = (self.points[self.tris[pick, k]] for k in range(3))
            coords = _closest_on_triangles(p, a, b, c)
            at = coords[:, :1] * a + coords[:, 1:2] * b + coords[:, 2:] * c
            k = ((at - p) ** 2).sum(1).argmin()
            face.append(pick[k])
            bary.append(coords[k])
        return np.array(face), np.array(bary)

    def at(self, face, bary):
        return (self.points[self.tris[face]] * np.asarray(bary)[..., None]).sum(-2)
