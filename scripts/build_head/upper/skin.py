"""The skin as a surface to pull on: biharmonic extension of handles, mirroring, and the split at the midline.

Everything here is in millimetres; +x is the subject's left.
"""

from dataclasses import dataclass

import numpy as np
from scipy.interpolate import PchipInterpolator
from scipy.sparse import coo_matrix, csc_matrix, diags
from scipy.sparse.linalg import splu

MILLIMETRES = 1e3
FLIP = np.array([-1.0, 1.0, 1.0])


@dataclass(frozen=True)
class Skin:
    points: np.ndarray  # (V, 3) all vertices of the template
    normals: np.ndarray  # (V, 3) of the skin; zero elsewhere
    energy: csc_matrix  # (V, V) bending energy of the skin
    mirror: np.ndarray
    names: dict
    inside: np.ndarray  # (V,) bool: true on the skin
    triangles: np.ndarray  # of the skin

    @property
    def count(self):
        return len(self.points)

    def mask(self, *names):
        """True on the vertices of the named arrays."""
        found = np.zeros(self.count, bool)
        for name in names:
            found[np.ravel(self.names[name])] = True
        return found

    def operators(self, points):
        """Cotangent stiffness, vertex areas and unit normals of the skin at other places (V, 3)."""
        return _operators(points, self.triangles)

    def both(self, mask):
        """The mask together with its mirror image."""
        return mask | mask[self.mirror]


def make_skin(template):
    points = template.vertices * MILLIMETRES
    inside = np.zeros(len(points), bool)
    inside[template.names["skin"]] = True
    triangles = template.triangles
    triangles = triangles[inside[triangles].all(1)]
    stiffness, mass, normals = _operators(points, triangles)
    energy = (stiffness @ diags(1 / np.maximum(mass, 1e-6)) @ stiffness).tocsc()
    return Skin(points, normals, energy, template.mirror, template.names, inside, triangles)


def _operators(points, triangles):
    """Cotangent stiffness (weights kept positive), vertex areas and unit normals."""
    n = len(points)
    corners = points[triangles]
    cross = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    double_area = np.maximum(np.linalg.norm(cross, axis=1), 1e-9)
    rows, columns, values = [], [], []
    for k in range(3):
        a, b, c = triangles[:, k], triangles[:, (k + 1) % 3], triangles[:, (k + 2) % 3]
        cosine = ((points[b] - points[a]) * (points[c] - points[a])).sum(1)
        weight = np.clip(0.5 * cosine / double_area, 0.02, 5.0)
        rows += [b, c]
        columns += [c, b]
        values += [-weight, -weight]
    off = coo_matrix((np.concatenate(values), (np.concatenate(rows), np.concatenate(columns))), shape=(n, n))
    off = off.tocsr()
    stiffness = off - diags(np.asarray(off.sum(1)).ravel())
    mass = np.bincount(triangles.ravel(), np.repeat(double_area / 6, 3), n)
    normals = np.stack([np.bincount(triangles.ravel(), np.repeat(cross[:, k], 3), n) for k in range(3)], 1)
    length = np.linalg.norm(normals, axis=1, keepdims=True)
    return stiffness.tocsr(), mass, normals / np.maximum(length, 1e-12)


def extend(skin, free, known):
    """The smoothest field (V, d) that equals `known` (V, d) outside the mask `free`."""
    rows = np.flatnonzero(free)
    field = np.where(free[:, None], 0.0, known)
    block = skin.energy[rows]
    field[rows] = splu(block[:, rows].tocsc()).solve(-(block @ field))
    return field


def mirrored(skin, field):
    """The same displacement on the other side of the face."""
    return field[skin.mirror] * FLIP


def split(skin, field, width):
    """A two-sided displacement -> its left and right halves, crossing over within `width` of the midline."""
    field = 0.5 * (field + mirrored(skin, field))
    x = skin.points[:, 0]
    x = 0.5 * (x - x[skin.mirror])
    left = field * smoothstep(x, -width, width)[:, None]
    return left, mirrored(skin, left)


def smoothstep(x, low, high):
    t = np.clip((x - low) / (high - low), 0, 1)
    return t * t * t * (t * (6 * t - 15) + 10)


def offset(point, x, y, z):
    return np.add(point, (x, y, z))


def bump(points, centre, radii):
    """A smooth hill of height 1 that ends at the ellipsoid of these radii."""
    q = (((points - np.asarray(centre, float)) / np.asarray(radii, float)) ** 2).sum(1)
    return np.clip(1 - q, 0, 1) ** 2


def along(x, table):
    """A smooth profile through (place, value) pairs, constant beyond the ends."""
    places, values = np.array(table, float).T
    return PchipInterpolator(places, values)(np.clip(x, places[0], places[-1]))
