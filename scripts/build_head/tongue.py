"""The tongue: a loft from the root to the tip with a shallow middle groove."""

import numpy as np

from .fit import curve_at
from .piece import Piece, cap_faces, oriented, tube_faces, tube_uv

AROUND = 16
# Root to where the tip begins: height of the middle, depth, half-width, half-height; millimetres.
BODY = ((-85, 34, 15, 9.0), (-78.5, 42, 17.0, 9.0), (-75.5, 52, 17.6, 7.8), (-74.8, 62, 16.6, 6.6),
        (-75.0, 68, 14.6, 5.6))  # fmt: skip
BODY_STATIONS = 8
TIP_LENGTH = 13.0
TIP_TURNS = np.radians((22, 40, 55, 67, 77, 85))  # stations of the half ellipse that ends the tongue


def _stations():
    """Height, depth, half-width and half-height of each station from the root to the tip."""
    body = curve_at(BODY, np.linspace(0, 1, BODY_STATIONS))
    y, z, wide, high = body[-1]
    fall = np.cos(TIP_TURNS)
    tip = np.c_[y + 0 * fall, z + TIP_LENGTH * np.sin(TIP_TURNS), wide * fall, high * fall**0.8]
    return np.vstack([body, tip])


def build_tongue():
    """The tongue at rest behind the lower teeth."""
    y, z, wide, high = _stations().T
    stations = len(z)
    t = np.r_[0, np.cumsum(np.hypot(np.diff(y), np.diff(z)))]
    t /= t[-1]
    angle = 2 * np.pi * (np.arange(AROUND) + 0.5) / AROUND
    top = np.clip(np.sin(angle), 0, 1)
    groove = 1.4 * np.exp(-((np.cos(angle) / 0.22) ** 2)) * top
    x = np.outer(wide, np.sign(np.cos(angle)) * np.abs(np.cos(angle)) ** 0.8)
    fade = np.clip((t - 0.1) / 0.3, 0, 1) * np.clip((1 - t) / 0.2, 0, 1)
    dy = np.outer(high, np.sin(angle)) - np.outer(fade, groove)
    points = np.stack([x, y[:, None] + dy, np.repeat(z[:, None], AROUND, 1)], -1)
    ids = np.arange(stations * AROUND).reshape(stations, AROUND)
    faces = np.vstack([tube_faces(ids), cap_faces(ids[-1]), cap_faces(ids[0][::-1])])
    points = points.reshape(-1, 3)
    opposite = (AROUND // 2 - 1 - np.arange(AROUND)) % AROUND
    mirror = ids[:, opposite].ravel()
    index = {"tongue": np.arange(len(points)), "tongue_tip": ids[-1], "tongue_stations": ids}
    faces, uv, uv_faces = oriented(points, faces, *tube_uv(stations, AROUND))
    return Piece(points, faces, mirror, np.full(len(faces), "tongue"), uv, uv_faces, index)
