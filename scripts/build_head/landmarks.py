"""Landmark embeddings: 68 iBUG points, MediaPipe points and moving contours, as (triangle, barycentric)."""

import numpy as np

from .field import march

# Left half of the face contour, chin to the front of the ear.
CONTOUR = ((0, -112, 85), (14, -109.5, 79), (27, -102, 69), (38, -91, 54), (47, -77, 38), (55, -60, 25),
    (61, -41, 18), (66, -21, 16), (69, -1, 17))  # fmt: skip
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


# MediaPipe face mesh ids, subject's left then right, and for the lips x of each point in millimetres.
MP_LIPS = (
    ("lip_vermilion_upper", (0, 267, 269, 270, 409, 291), (0, 37, 39, 40, 185, 61),
    (0, 5.4, 12, 18, 22.5, 99)),
    ("lip_vermilion_lower", (17, 314, 405, 321, 375), (17, 84, 181, 91, 146), (0, 8, 14.5, 19.5, 23.5)),
    ("lip_seam_upper", (13, 312, 311, 310, 415, 308), (13, 82, 81, 80, 191, 78),
    (0, 6.5, 12.5, 17.5, 22, 99)),
    ("lip_seam_lower", (14, 317, 402, 318, 324), (14, 87, 178, 88, 95), (0, 6.5, 12.5, 17.5, 22)),
)  # fmt: skip
MP_LIDS = (
    ("lid_margin_upper_left", (362, 398, 384, 385, 386, 387, 388, 466, 263),
    (133, 173, 157, 158, 159, 160, 161, 246, 33)),
    ("lid_margin_lower_left", (382, 381, 380, 374, 373, 390, 249), (155, 154, 153, 145, 144, 163, 7)),
)  # fmt: skip
MP_POINTS = {  # left id: (right id, x, y, z); z is a guess, the nearest surface point counts
    336: (107, 11, 21, 96), 296: (66, 20, 25.5, 93), 334: (105, 30, 27, 89), 293: (63, 40, 26, 82),
    300: (70, 50, 19.5, 70),
    285: (55, 12.5, 15, 95), 295: (65, 21, 18, 93), 282: (52, 31, 19.5, 90), 283: (53, 41, 18.5, 82),
    276: (46, 50, 13, 68),
    358: (129, 17.5, -41.5, 96), 327: (98, 13, -49.2, 96.5), 326: (97, 6, -49.8, 99.5),
    338: (109, 15, 74, 83), 297: (67, 30, 69, 78), 332: (103, 43, 58, 70), 284: (54, 53, 44, 62),
    251: (21, 60, 30, 50),
    389: (162, 66, 15, 38), 356: (127, 69, 0, 28), 454: (234, 70, -15, 20), 323: (93, 68, -30, 17),
    361: (132, 64, -45, 15),
    288: (58, 57, -62, 18), 397: (172, 50, -76, 32), 365: (136, 42, -88, 46), 379: (150, 33, -97, 58),
    378: (149, 25, -104, 70),
    400: (176, 16, -109, 79), 377: (148, 8, -111.5, 84), 425: (205, 36, -42, 84), 280: (50, 44, -28, 77),
}  # fmt: skip
MP_MIDLINE = {168: 5, 6: -3, 197: -12, 195: -21, 5: -31, 4: -39.5, 1: -42.5, 8: 11, 9: 19, 151: 40, 10: 72,
    164: -54, 18: -81.5,
              200: -88, 199: -97, 175: -107}  # fmt: skip
MP_BELOW_NOSE = {19: (0, -47.2, 112), 94: (0, -48.2, 105), 2: (0, -49.2, 100.5), 152: (0, -112, 83)}
MP_CORE = (276, 282, 283, 285, 293, 295, 296, 300, 334, 336, 46, 52, 53, 55, 63, 65, 66, 70, 105, 107,
           249, 263, 362, 373, 374, 380, 381, 382, 384, 385, 386, 387, 388, 390, 398, 466,
           7, 33, 133, 144, 145, 153, 154, 155, 157, 158, 159, 160, 161, 163, 173, 246,
           168, 6, 197, 195, 5, 4, 129, 98, 97, 2, 326, 327, 358,
           0, 13, 14, 17, 37, 39, 40, 61, 78, 80, 81, 82, 84, 87, 88, 91, 95, 146, 178, 181, 185, 191, 267,
           269, 270, 291, 308,
           310, 311, 312, 314, 317, 318, 321, 324, 375, 402, 405, 409, 415)  # fmt: skip
"""The 105 MediaPipe ids that face trackers usually carry for FLAME, in their usual order."""


def mediapipe(placer, parts):
    """(triangle, barycentric, ids): the 105 usual MediaPipe points first, then further ones."""
    n, p = placer.names, placer.points
    at = {}
    for name, left, right, xs in MP_LIPS:
        row = n[name][len(n[name]) // 2 :]
        for a, b, x in zip(left, right, xs, strict=True):
            at[a] = placer.on_row(row, x)
            at[b] = _mirror(at[a])
    for name, left, right in MP_LIDS:
        row = p[n[name]]
        step = np.linspace(0, 18, 9) if len(left) == 9 else np.linspace(0, 18, 9)[1:-1]
        for a, b, m in zip(left, right, step, strict=True):
            at[a] = np.array([np.interp(m, np.arange(19), row[:, k]) for k in range(3)])
            at[b] = _mirror(at[a])
    for a, (b, *point) in MP_POINTS.items():
        at[a], at[b] = np.array(point, float), _mirror(point)
    front = np.array([[0, y, 140.0] for y in MP_MIDLINE.values()])
    at |= dict(zip(MP_MIDLINE, march(parts, front, (0, 0, -1.0), 90), strict=True))
    at |= {k: np.array(v, float) for k, v in MP_BELOW_NOSE.items()}
    ids = list(MP_CORE) + sorted(set(at) - set(MP_CORE))
    face, bary = placer.near(np.array([at[i] for i in ids]))
    return face, bary, np.array(ids)


YAWS = np.r_[np.arange(40), -np.arange(1, 40)]
"""Degrees of the 79 rows of the moving contour; positive: the head turns to the subject's left."""


def moving_contour(placer, parts):
    """(79, 17) contour points: those turned away slide forward along a level cut to the silhouette."""
    still = np.asarray(CONTOUR, float)
    axis = np.array([0, 0, 34.0])
    rows = np.zeros((40, 17, 3))
    rows[:] = np.vstack([_mirror(still[:0:-1]), still])
    for k, point in enumerate(still):
        if k == 0:
            continue
        turn = np.linspace(np.radians(12), np.arctan2(point[0], point[2] - axis[2]), 90)
        out = np.c_[np.sin(turn), 0 * turn, np.cos(turn)]
        start = axis + [0, point[1], 0] + 110 * out
        cut = march(parts, start, -out, 90)
        for a in range(40):
            across = np.cos(np.radians(a)) * cut[:, 0] + np.sin(np.radians(a)) * cut[:, 2]
            rows[a, 8 + k] = cut[across.argmax()]
        rows[:, 8 + k] = _steady(rows[:, 8 + k])
    rows = np.concatenate([rows, _mirror(rows[1:, ::-1])])
    face, bary = placer.near(rows.reshape(-1, 3))
    return face.reshape(79, 17), bary.reshape(79, 17, 3)


def _steady(track):
    """Smooths how a contour point slides with yaw."""
    for _ in range(12):
        track[1:-1] = 0.25 * track[:-2] + 0.5 * track[1:-1] + 0.25 * track[2:]
    return track


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
    outer_up, outer_low = n["lip_vermilion_upper"][26 // 2 :], n["lip_vermilion_lower"][26 // 2 :]
    inner_up, inner_low = n["lip_seam_upper"][26 // 2 :], n["lip_seam_lower"][26 // 2 :]
    row = placer.on_row
    lip_up = np.array([row(outer_up, x) for x in (0, 5.4, 16)])
    lip_low = np.array([row(outer_low, x) for x in (0, 8, 17)])
    corner = p[outer_up[-1]]
    in_up, in_low = (np.array([row(r, x) for x in (0, 10)]) for r in (inner_up, inner_low))
    in_corner = p[inner_up[-1]]
    outer = [
        _mirror(corner),
        _mirror(lip_up[2]),
        _mirror(lip_up[1]),
        lip_up[0],
        lip_up[1],
        lip_up[2],
        corner,
        lip_low[2],
        lip_low[1],
        lip_low[0],
        _mirror(lip_low[1]),
        _mirror(lip_low[2]),
    ]
    inner = [
        _mirror(in_corner),
        _mirror(in_up[1]),
        in_up[0],
        in_up[1],
        in_corner,
        in_low[1],
        in_low[0],
        _mirror(in_low[1]),
    ]
    return np.vstack(
        [
            _mirror(contour[:0:-1]),
            contour,
            _mirror(brow[::-1]),
            brow,
            bridge,
            _mirror(base[:0:-1]),
            base,
            eye_right,
            eye,
            outer,
            inner,
        ]
    )


def ibug68(placer):
    targets = _targets_68(placer)
    assert len(targets) == 68
    return placer.near(targets)
