"""Landmark embeddings: 68 iBUG points, MediaPipe points and moving contours, as (triangle, barycentric)."""
import numpy as np

from .fit import curve_at
from .lids import LOWER, UPPER  # noqa: F401  (ring order of the lids is documented there)

# Left half of the face contour, chin to the front of the ear.
CONTOUR = ((0, -112, 85), (14, -109.5, 79), (27, -102, 69), (38, -91, 54), (47, -77, 38), (55, -60, 25), (61, -41, 18), (66, -21, 16), (69, -1, 17))
BROW_POINTS = ((10.5, 18.5, 96), (19, 22, 94), (29, 24, 90), (39, 23, 82), (49, 16.5, 70))
BRIDGE_HEIGHTS = (4.0, -10.5, -24.5, -38.8)
NOSE_BASE = ((0, -48.6, 100.5), (6.3, -49.8, 98.5), (13.2, -48.8, 96))


class Placer:
    """Turns points on named rings and nearest surface points into (triangle, barycentric)."""

    def __init__(self, surface, points, names):
        self.surface, self.points, self.names = surface, points, names

    def near(self, targets):
        return self.surface.nearest(targets)

    def on_row(self, row, x):
        """The point of a row of vertices (left half, any order) at the given x."""
        p = self.points[row]
        order = np.argsort(p[:, 0])
        return np.array([np.interp(x, p[order, 0], p[order, k]) for k in range(3)])


def _mirror(points):
    return np.asarray(points, float) * [-1, 1, 1]


def _targets_68(placer):
    n, p = placer.names, placer.points
    contour = np.asarray(CONTOUR, float)
    brow = np.asarray(BROW_POINTS, float)
    midline = p[n["nose_bridge"]]
    bridge = [[0, y, np.interp(y, midline[:, 1], midline[:, 2])] for y in BRIDGE_HEIGHTS]
    base = np.asarray(NOSE_BASE, float)
    up, low = p[n["lid_margin_upper_left"]], p[n["lid_margin_lower_left"]]
    eye = np.array([up[0], up[6], up[12], up[18], low[12], low[6]])
    eye_right = _mirror(eye[[3, 2, 1, 0, 5, 4]])
    outer_up, outer_low = n["lip_vermilion_upper"][26 // 2:], n["lip_vermilion_lower"][26 // 2:]
    inner_up, inner_low = n["lip_seam_upper"][26 // 2:], n["lip_seam_lower"][26 // 2:]
    row = placer.on_row
    lip_up = np.array([row(outer_up, x) for x in (0, 5.4, 16)])
    lip_low = np.array([row(outer_low, x) for x in (0, 8, 17)])
    corner = p[outer_up[-1]]
    in_up, in_low = (np.array([row(r, x) for x in (0, 10)]) for r in (inner_up, inner_low))
    in_corner = p[inner_up[-1]]
    outer = [_mirror(corner), _mirror(lip_up[2]), _mirror(lip_up[1]), lip_up[0], lip_up[1], lip_up[2], corner,
             lip_low[2], lip_low[1], lip_low[0], _mirror(lip_low[1]), _mirror(lip_low[2])]
    inner = [_mirror(in_corner), _mirror(in_up[1]), in_up[0], in_up[1], in_corner, in_low[1], in_low[0], _mirror(in_low[1])]
    return np.vstack([_mirror(contour[:0:-1]), contour, _mirror(brow[::-1]), brow, bridge, _mirror(base[:0:-1]), base, eye_right, eye, outer, inner])


def ibug68(placer):
    targets = _targets_68(placer)
    assert len(targets) == 68
    return placer.near(targets)
