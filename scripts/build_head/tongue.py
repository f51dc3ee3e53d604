"""The tongue: a loft from the root to the tip with a shallow middle groove."""

import numpy as np

from .fit import curve_at
from .piece import Piece, cap_faces, oriented, tube_faces, tube_uv

STATIONS, AROUND = 14, 16
# Root to tip: height of the middle, depth, half-width, half-height.
PROFILE = ((-85, 34, 15, 9.0), (-78.5, 42, 17.0, 9.0), (-75.5, 52, 17.6, 7.8), (-74.8, 62, 16.4, 6.6),
    (-75.0, 70, 13.8, 5.2),
           (-75.2, 76, 10.4, 3.9), (-75.0, 79.4, 7.0, 2.7), (-74.8, 81.0, 3.6, 1.4))  # fmt: skip


def build_tongue():
    t = np.linspace(0, 1, STATIONS) ** 0.92
    y, z, wide, high = curve_at(PROFILE, t).T
    angle = 2 * np.pi * (np.arange(AROUND) + 0.5) / AROUND
    top = np.clip(np.sin(angle), 0, 1)
    groove = 1.4 * np.exp(-((np.cos(angle) / 0.22) ** 2)) * top
    x = np.outer(wide, np.sign(np.cos(angle)) * np.abs(np.cos(angle)) ** 0.8)
    fade = np.clip((t - 0.1) / 0.3, 0, 1) * np.clip((1 - t) / 0.2, 0, 1)
    dy = np.outer(high, np.sin(angle)) - np.outer(fade, groove)
    points = np.stack([x, y[:, None] + dy, np.repeat(z[:, None], AROUND, 1)], -1)
    ids = np.arange(STATIONS * AROUND).reshape(STATIONS, AROUND)
    faces = np.vstack([tube_faces(ids), cap_faces(ids[-1]), cap_faces(ids[0][::-1])])
    points = points.reshape(-1, 3)
    opposite = (AROUND // 2 - 1 - np.arange(AROUND)) % AROUND
    mirror = ids[:, opposite].ravel()
    index = {"tongue": np.arange(len(points)), "tongue_tip": ids[-1], "tongue_stations": ids}
    faces, uv, uv_faces = oriented(points, faces, *tube_uv(STATIONS, AROUND))
    return Piece(points, faces, mirror, np.full(len(faces), "tongue"), uv, uv_faces, index)
