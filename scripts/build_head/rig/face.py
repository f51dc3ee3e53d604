"""The skin as the rig sees it: millimetres, mouth rings in order, and smooth extension of what handles do."""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import scipy.sparse as sp
from scipy.sparse.linalg import splu

MM = 1000.0
SIDES = ("upper", "lower")
VERMILION, SEAM, LAST = 4, 7, 13  # mouth rings: 0 … 3 skin, 4 … 7 lip, 8 … 13 the sack behind
TENSION = 24.0  # millimetres beyond which a stretched skin resists slope more than bending
CORNER_PATH = slice(0, 6)  # rings that lead from the cheek to the corner


@dataclass(frozen=True, eq=False)
class Face:
    """Template geometry in millimetres with the lookups that all shapes share."""

    points: np.ndarray
    triangles: np.ndarray
    mirror: np.ndarray
    names: dict
    _solvers: dict = field(default_factory=dict, repr=False)

    @property
    def skin(self):
        return self.names["skin"]

    @cached_property
    def rings(self):
        """Mouth rings (14, 27) of the upper and of the lower half, from the right to the left corner."""
        n = self.names
        return {
            side: np.concatenate(
                [
                    n[f"mouth_skin_rings_{side}"],
                    n[f"lip_rings_{side}"],
                    n[f"mouth_sack_rings_{side}"][1:],
                ]
            )
            for side in SIDES
        }

    @cached_property
    def across(self):
        """Place along the mouth, −1 at the right corner to +1 at the left one (27)."""
        x = 0.5 * sum(self.points[self.rings[side][SEAM], 0] for side in SIDES)
        return x / x[-1]

    @cached_property
    def half_width(self):
        return float(self.points[self.rings["upper"][SEAM, -1], 0])

    @cached_property
    def slide_curve(self):
        """Even polynomial z(x) of the lips' outside and of the cheek beyond the corner."""
        rows = np.concatenate([self.rings[side][VERMILION : SEAM + 1].ravel() for side in SIDES])
        rows = np.r_[rows, np.repeat(self.rings["upper"][CORNER_PATH, -1], 6)]
        x, z = np.abs(self.points[rows, 0]), self.points[rows, 2]
        return np.linalg.lstsq(np.stack([np.ones_like(x), x**2, x**4], 1), z, rcond=None)[0]

    def slide(self, x, dx):
        """How far z changes when a point of the mouth slides from x to x + dx around the face."""
        _, c2, c4 = self.slide_curve
        edge = 0.92 * self.half_width

        def height(at):
            near = np.minimum(np.abs(at), edge)
            beyond = np.abs(at) - near
            return c2 * near**2 + c4 * near**4 + beyond * (2 * c2 * edge + 4 * c4 * edge**3)

        return height(x + dx) - height(x)

    @cached_property
    def laplacian(self):
        """Cotangent Laplacian of the skin (positive semi-definite) and the vertices' areas."""
        tri = self.triangles[(self.triangles < len(self.skin)).all(1)]
        p, n = self.points, len(self.skin)
        rows, cols, values = [], [], []
        area = np.zeros(n)
        for k in range(3):
            i, j, o = tri[:, (k + 1) % 3], tri[:, (k + 2) % 3], tri[:, k]
            a, b = p[i] - p[o], p[j] - p[o]
            double = np.linalg.norm(np.cross(a, b), axis=1)
            cot = np.clip(np.einsum("ij,ij->i", a, b) / np.maximum(double, 1e-9), 0.02, 8.0) / 2
            rows += [i, j]
            cols += [j, i]
            values += [cot, cot]
            np.add.at(area, o, double / 6)
        w = sp.coo_matrix(
            (np.concatenate(values), (np.concatenate(rows), np.concatenate(cols))), (n, n)
        ).tocsr()
        return sp.diags(np.asarray(w.sum(1)).ravel()) - w, np.maximum(area, 0.05)

    def extend(self, ids, values, free, reach=None, tension=TENSION):
        """Values of handles spread smoothly over `free` (a mask of the skin); zero elsewhere.

        Minimises bending; where a reach (mm) is given also the slope, which prevents overshoot, and the
        values themselves over `reach`⁴.
        """
        ids, first = np.unique(ids, return_index=True)
        values = np.asarray(values, float)[first]
        key = (ids.tobytes(), free.tobytes(), reach, tension)
        if key not in self._solvers:
            lap, area = self.laplacian
            q = lap @ sp.diags(1 / area) @ lap
            if reach is not None:
                q = q + lap / tension**2 + sp.diags(area / reach**4)
            q = q.tocsr()
            open_mask = free.copy()
            open_mask[ids] = False
            inside = np.flatnonzero(open_mask)
            self._solvers[key] = (splu(q[inside][:, inside].tocsc()), q[inside][:, ids], inside)
        lu, link, inside = self._solvers[key]
        out = np.zeros((len(self.skin), *values.shape[1:]))
        out[ids] = values
        out[inside] = lu.solve(-(link @ values))
        return out

    def smooth(self, values, width):
        """Values of the skin averaged over about `width` mm."""
        lap, area = self.laplacian
        return splu((sp.diags(area) + width**2 * lap).tocsc()).solve(area[:, None] * values)

    @cached_property
    def mouth_zone(self):
        """Skin that the mouth may move: the face below the eyes and in front of the ears."""
        p = self.points[self.skin]
        zone = (p[:, 2] > 8) & (p[:, 1] < -6) & (p[:, 1] > -165)
        for name in ("left_ear", "right_ear", "eye_rings_left", "eye_rings_right"):
            zone[np.ravel(self.names[name])] = False
        nose = self.names["nose"]
        q = self.points[nose]
        zone[nose[(q[:, 1] < -43) & (np.abs(q[:, 0]) < 13.5)]] = False
        zone[self.rings["upper"][LAST]] = zone[self.rings["lower"][LAST]] = False
        return zone

    @cached_property
    def mouth_mask(self):
        """(V,) outer skin within the mouth zone."""
        mask = np.zeros(len(self.points), bool)
        mask[self.skin] = self.mouth_zone
        mask[self.names["mouth_sack"]] = False
        return mask

    def symmetric(self, moves):
        """The mirror-symmetric part of displacements (V, 3)."""
        return 0.5 * (moves + self.flipped(moves))

    def flipped(self, moves):
        """The same action on the other side."""
        return moves[self.mirror] * [-1, 1, 1]

    def whole(self, skin_values):
        """Skin displacements as displacements of every vertex."""
        out = np.zeros((len(self.points), *skin_values.shape[1:]))
        out[self.skin] = skin_values
        return out

    def middle(self, name):
        return self.points[self.names[name]].mean(0)

    def patch(self, at, radius):
        """Outer skin of the mouth zone within a distance of a point; at least the nearest vertex."""
        away = np.linalg.norm(self.points - at, axis=1)
        away[~self.mouth_mask] = np.inf
        return np.union1d(np.flatnonzero(away < radius), away.argmin())


def face_of(template):
    return Face(template.vertices * MM, template.triangles, template.mirror, template.names)


def smoothstep(x, low, high):
    t = np.clip((x - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)
