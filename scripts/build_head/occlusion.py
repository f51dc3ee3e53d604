"""How open each vertex lies to the light around: 1 in the open, towards 0 in nostrils, ears and behind lids."""
import numpy as np

from .fit import averaging
from .surface import triangulate

DIRECTIONS, PIXEL, BIAS, SMOOTHING = 64, 0.8, 1.3, 3


def _sphere(n):
    """n directions spread evenly over the sphere."""
    k = np.arange(n) + 0.5
    z, turn = 1 - 2 * k / n, np.pi * (1 + 5**0.5) * k
    r = np.sqrt(1 - z * z)
    return np.stack([r * np.cos(turn), r * np.sin(turn), z], 1)


def _samples(points, tris):
    """Points spread over the triangles, no further apart than about a pixel."""
    p = points[tris]
    longest = np.linalg.norm(p - np.roll(p, 1, 1), axis=2).max(1)
    level = np.clip(np.ceil(longest / (0.75 * PIXEL)).astype(int), 1, 40)
    out = []
    for n in np.unique(level):
        i, j = np.meshgrid(np.arange(n + 1), np.arange(n + 1), indexing="ij")
        keep = i + j <= n
        u, v = i[keep] / n, j[keep] / n
        bary = np.stack([1 - u - v, u, v], 1)
        out.append(np.einsum("sb,tbd->tsd", bary, p[level == n]).reshape(-1, 3))
    return np.vstack(out)


def vertex_normals(points, tris):
    """Angle-weighted unit normals."""
    p = points[tris]
    total = np.zeros_like(points)
    for k in range(3):
        a, b = p[:, (k + 1) % 3] - p[:, k], p[:, (k + 2) % 3] - p[:, k]
        n = np.cross(a, b)
        size = np.linalg.norm(n, axis=1)
        angle = np.arctan2(size, (a * b).sum(1))
        np.add.at(total, tris[:, k], n * (angle / np.maximum(size, 1e-12))[:, None])
    return total / np.maximum(np.linalg.norm(total, axis=1, keepdims=True), 1e-12)


def openness(points, quads, mirror):
    """(V,) cosine-weighted share of the directions in which a vertex sees the outside (points in millimetres).

    Both sides share their directions, and a little averaging over neighbours takes the sampling noise out.
    """
    tris, _ = triangulate(quads)
    normals = vertex_normals(points, tris)
    eye = points + 0.4 * normals
    solid = _samples(points, tris)
    seen, possible = np.zeros(len(points)), np.zeros(len(points))
    for d in _sphere(DIRECTIONS):
        side = np.cross(d, [0, 1, 0] if abs(d[1]) < 0.9 else [1, 0, 0])
        side /= np.linalg.norm(side)
        frame = np.stack([side, np.cross(d, side), d], 1)
        q, v = solid @ frame, eye @ frame
        low = q[:, :2].min(0) - 2 * PIXEL
        shape = np.ceil((q[:, :2].max(0) - low) / PIXEL).astype(int) + 3
        cell = lambda x: (np.clip((x[:, :2] - low) / PIXEL, 0, shape - 1).astype(int) @ [shape[1], 1])
        depth = np.full(shape.prod(), -1e9)
        np.maximum.at(depth, cell(q), q[:, 2])
        cosine = np.maximum(normals @ d, 0)
        possible += cosine
        seen += cosine * (depth[cell(v)] < v[:, 2] + BIAS)
    light = seen[mirror] + seen
    light /= np.maximum(possible[mirror] + possible, 1e-9)
    mean = averaging(quads, len(points), np.array([], int))
    for _ in range(SMOOTHING):
        light = 0.5 * light + 0.5 * (mean @ light)
    return light
