"""The eyeballs: rings about the line of sight, with exact rings at the rims of the pupil and the iris."""

import numpy as np

from .mirror import flip
from .piece import Piece, both_sides
from .shape import EYE_CENTRE, EYE_RADIUS

SEGMENTS = 24
PUPIL_RADIUS, IRIS_RADIUS, CORNEA_BULGE = 1.9, 5.8, 0.55
FRONT_RADII = (0.95, PUPIL_RADIUS, 3.0, 4.3, 5.2, IRIS_RADIUS, 6.5, 7.7)
UV_POWER = 0.6
"""Below 1 the iris gets more of the texture than the back of the ball."""
BACK_ANGLES = (50, 63, 77, 92, 108, 125, 143, 162)


def _radius(angle):
    """Distance of the surface from the ball's centre at an angle from the line of sight (radians)."""
    rim = np.arcsin(7.2 / EYE_RADIUS)
    t = np.clip(angle / rim, 0, 1)
    return EYE_RADIUS + CORNEA_BULGE * (1 - t * t) ** 2


def _fan(pole, a, b):
    """Triangles from a pole to a ring's edges, as quads without a last corner."""
    return np.stack([np.full(SEGMENTS, pole), a, b, np.full(SEGMENTS, -1)], 1)


def build_eyes():
    """Both eyeballs."""
    angles = np.r_[np.arcsin(np.array(FRONT_RADII) / EYE_RADIUS), np.radians(BACK_ANGLES)]
    around = 2 * np.pi * np.arange(SEGMENTS) / SEGMENTS
    r = _radius(angles)
    ring = np.stack(
        [
            np.outer(r * np.sin(angles), np.cos(around)),
            np.outer(r * np.sin(angles), np.sin(around)),
            np.outer(r * np.cos(angles), np.ones(SEGMENTS)),
        ],
        -1,
    )
    points = np.vstack([[0, 0, _radius(0.0)], ring.reshape(-1, 3), [0, 0, -EYE_RADIUS]]) + EYE_CENTRE
    ids = 1 + np.arange(ring.shape[0] * SEGMENTS).reshape(-1, SEGMENTS)
    loop = np.c_[ids, ids[:, :1]]
    body = np.stack([loop[:-1, :-1], loop[1:, :-1], loop[1:, 1:], loop[:-1, 1:]], -1).reshape(-1, 4)
    faces = np.vstack(
        [_fan(0, loop[0, :-1], loop[0, 1:]), body, _fan(len(points) - 1, loop[-1, 1:], loop[-1, :-1])]
    )
    band = np.r_[
        np.zeros(SEGMENTS, int), np.repeat(np.arange(1, len(angles)), SEGMENTS), np.full(SEGMENTS, 99)
    ]
    pupil, iris = FRONT_RADII.index(PUPIL_RADIUS), FRONT_RADII.index(IRIS_RADIUS)
    material = np.where(band <= pupil, "pupil", np.where(band <= iris, "iris", "sclera"))
    turn = np.tile(around, len(angles))
    disc = np.vstack(
        [
            [0, 0],
            0.5
            * (np.repeat(angles, SEGMENTS) / angles[-1])[:, None] ** UV_POWER
            * np.c_[np.cos(turn), np.sin(turn)],
        ]
    )
    back = np.vstack([[0, 0], np.c_[-np.cos(around), np.sin(around)]]) * 0.05 + 0.44
    uv = 0.5 + np.vstack([disc, back])
    uv_faces = faces.copy()
    tail = np.r_[np.zeros(len(faces) - SEGMENTS, bool), np.ones(SEGMENTS, bool)]
    uv_faces[tail, 0] = len(disc)
    uv_faces[tail, 1:3] += len(disc) + 1 - ids[-1, 0]
    count = len(points)
    whole, faces, mirror = both_sides(points, faces)
    index = {
        "left_eyeball": np.arange(count),
        "right_eyeball": np.arange(count) + count,
        "left_iris_rim": ids[iris],
        "right_iris_rim": ids[iris] + count,
        "left_pupil_rim": ids[pupil],
        "right_pupil_rim": ids[pupil] + count,
        "left_eye_front": np.array([0]),
        "right_eye_front": np.array([count]),
    }
    uv_faces = np.vstack([uv_faces, np.where(uv_faces < 0, -1, uv_faces + len(uv))])
    uv = np.vstack([uv * [0.5, 1], (uv * [-1, 1] + [1, 0]) * [0.5, 1] + [0.5, 0]])
    uv_faces[len(material) :] = flip(uv_faces[len(material) :])
    return Piece(whole, faces, mirror, np.r_[material, material], uv, uv_faces, index)
