"""Which place of the surface every texel shows.

Row 0 is the top of the picture (v = 1). Positions are millimetres at rest; +x is the subject's left.
"""

from dataclasses import dataclass

import numpy as np
from numba import njit
from scipy.ndimage import distance_transform_edt

from ..surface import triangulate

BLEED = 6  # texels painted beyond the border of a chart at 1024, so that filtering finds skin there


@dataclass(frozen=True)
class Texels:
    """The painted texels of a square texture, one row each."""

    size: int
    at: np.ndarray  # (N,) flat index in the texture
    points: np.ndarray  # (N, 3) mm
    corners: np.ndarray  # (N, 3) vertices of the triangle
    weights: np.ndarray  # (N, 3) barycentric
    pitch: np.ndarray  # (N,) mm from texel to texel

    def of(self, values):
        """Values per vertex (V,) or (V, d), interpolated."""
        return np.einsum("nk,nk...->n...", self.weights, np.asarray(values, float)[self.corners])

    def pick(self, where):
        """The texels of a mask (N,) alone."""
        rows = (self.at, self.points, self.corners, self.weights, self.pitch)
        return Texels(self.size, *(row[where] for row in rows))

    def picture(self, values):
        """(size, size) float32, zero where nothing is painted."""
        out = np.zeros(self.size * self.size, np.float32)
        out[self.at] = values
        return out.reshape(self.size, self.size)


@njit(cache=True)
def _fill(uv, size, face, weights):
    """The triangle over each texel's middle."""
    for t in range(len(uv)):
        x0, y0 = uv[t, 0, 0] * size - 0.5, (1 - uv[t, 0, 1]) * size - 0.5
        x1, y1 = uv[t, 1, 0] * size - 0.5, (1 - uv[t, 1, 1]) * size - 0.5
        x2, y2 = uv[t, 2, 0] * size - 0.5, (1 - uv[t, 2, 1]) * size - 0.5
        area = (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0)
        if abs(area) < 1e-9:
            continue
        for y in range(max(int(np.ceil(min(y0, y1, y2))), 0), min(int(max(y0, y1, y2)) + 1, size)):
            for x in range(max(int(np.ceil(min(x0, x1, x2))), 0), min(int(max(x0, x1, x2)) + 1, size)):
                a = ((x1 - x) * (y2 - y) - (x2 - x) * (y1 - y)) / area
                b = ((x2 - x) * (y0 - y) - (x0 - x) * (y2 - y)) / area
                if a >= -1e-6 and b >= -1e-6 and a + b <= 1 + 1e-6:
                    face[y, x] = t
                    weights[y, x, 0], weights[y, x, 1], weights[y, x, 2] = a, b, 1 - a - b


def make_texels(template, size):
    """Texels of the skin (the mouth's inside too) and of a border around it."""
    triangles, _ = triangulate(template.quads)
    corners_uv, _ = triangulate(template.uv_quads)
    skin = np.zeros(len(template.vertices), bool)
    skin[template.names["skin"]] = True
    chosen = skin[triangles].all(1)
    triangles, uv = triangles[chosen], template.uv[corners_uv[chosen]]
    points = template.vertices * 1e3
    face = np.full((size, size), -1)
    weights = np.zeros((size, size, 3))
    _fill(uv, size, face, weights)
    distance, (row, column) = distance_transform_edt(face < 0, return_indices=True)
    used = distance <= max(BLEED * size / 1024, 3)
    row, column = row[used], column[used]
    face, weights = face[row, column], weights[row, column]
    flat = uv[:, 1:] - uv[:, :1]
    edges = points[triangles[:, 1:]] - points[triangles[:, :1]]
    spread = np.linalg.norm(np.cross(edges[:, 0], edges[:, 1]), axis=1)
    spread /= np.maximum(np.abs(np.linalg.det(flat)), 1e-12)
    corners = triangles[face]
    place = np.einsum("nk,nkc->nc", weights, points[corners])
    return Texels(size, np.flatnonzero(used.ravel()), place, corners, weights, np.sqrt(spread[face]) / size)
