"""The nasolabial fold: a soft ridge of cheek over a shallow valley beside the mouth."""

import numpy as np
from scipy.spatial import cKDTree

from .face import smoothstep


def vertex_normals(face):
    p, t = face.points, face.triangles
    n = np.cross(p[t[:, 1]] - p[t[:, 0]], p[t[:, 2]] - p[t[:, 0]])
    total = np.zeros_like(p)
    for k in range(3):
        np.add.at(total, t[:, k], n)
    return total / np.maximum(np.linalg.norm(total, axis=1, keepdims=True), 1e-12)


def nasolabial_fold(face, ridge, valley):
    """Displacement (V, 3) on both sides of the face: `ridge` mm of fullness beyond the line from the wing of
    the nose past the corner, `valley` mm of depth on it."""
    line = face.points[face.names["nasolabial_left"]]
    curve = np.polyfit(line[:, 1], line[:, 0], 2)
    p = face.points
    x, y = np.abs(p[:, 0]), p[:, 1]
    slope = np.polyval(np.polyder(curve), y)
    beside = (x - np.polyval(curve, y)) / np.sqrt(1 + slope**2)
    top, low = line[:, 1].max(), line[:, 1].min()
    along = smoothstep(-y, -(top - 1), -(top - 12)) * (1 - smoothstep(-y, -(low + 12), -(low - 4)))
    front = smoothstep(p[:, 2], 45, 65)
    height = ridge * np.exp(-(((beside - 6.5) / 6.0) ** 2)) - valley * np.exp(-(((beside + 0.5) / 3.2) ** 2))
    away = np.where(face.mouth_mask, smoothstep(_ring_distance(face), 1.0, 6.0), 0)
    push = (height * along * front * away)[:, None]
    skin = face.skin
    normals = face.smooth(vertex_normals(face)[skin], 6.0)
    return face.whole(face.smooth(push[skin], 3.0) * normals) * face.mouth_mask[:, None]


def _ring_distance(face):
    """Distance in x, y from the red of the lips."""
    rows = np.concatenate([face.rings[side][4] for side in ("upper", "lower")])
    return cKDTree(face.points[rows]).query(face.points)[0]
