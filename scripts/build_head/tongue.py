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
BACK, RISE, DOME = (32.0, 80.0), 0.45, 1.7
"""The body arches between these depths, by this share of its height, and is domed there instead of flat
(power of the section's sides); its middle line stays."""
GROOVE, GROOVE_WIDTH = 1.1, 0.25
SUNK = 1.1  # mm at the groove's middle that the underside is lower instead: the sections' middles count
TIP_TURNS = np.radians((22, 40, 55, 67, 77, 85))  # stations of the half ellipse that ends the tongue


def _stations():
    """Height, depth, half-width and half-height of each station from the root to the tip, and how domed."""
    body = curve_at(BODY, np.linspace(0, 1, BODY_STATIONS))
    y, z, wide, high = body[-1]
    fall = np.cos(TIP_TURNS)
    tip = np.c_[y + 0 * fall, z + TIP_LENGTH * np.sin(TIP_TURNS), wide * fall, high * fall**0.8]
    line = np.vstack([body, tip])
    domed = np.sin(np.pi * np.clip((line[:, 1] - BACK[0]) / (BACK[1] - BACK[0]), 0, 1)) ** 2
    line[:, 3] *= 1 + RISE * domed
    return np.c_[line, domed]


def build_tongue():
    """The tongue at rest behind the lower teeth."""
    y, z, wide, high, domed = _stations().T
    stations = len(z)
    t = np.r_[0, np.cumsum(np.hypot(np.diff(y), np.diff(z)))]
    t /= t[-1]
    angle = 2 * np.pi * (np.arange(AROUND) + 0.5) / AROUND
    top, under = np.clip(np.sin(angle), 0, 1), np.clip(-np.sin(angle), 0, 1)
    middle = np.exp(-((np.cos(angle) / GROOVE_WIDTH) ** 2)) * top
    groove = GROOVE * middle + SUNK * middle.sum() / under.sum() * under
    x = np.outer(wide, np.cos(angle))
    fade = np.clip((t - 0.1) / 0.3, 0, 1) * np.clip((1 - t) / 0.2, 0, 1)
    dome = np.sign(np.sin(angle)) * (1 - np.abs(np.cos(angle)) ** DOME)
    section = np.outer(1 - domed, np.sin(angle)) + np.outer(domed, dome)
    dy = high[:, None] * section - np.outer(fade, groove)
    points = np.stack([x, y[:, None] + dy, np.repeat(z[:, None], AROUND, 1)], -1)
    ids = np.arange(stations * AROUND).reshape(stations, AROUND)
    faces = np.vstack([tube_faces(ids), cap_faces(ids[-1]), cap_faces(ids[0][::-1])])
    points = points.reshape(-1, 3)
    opposite = (AROUND // 2 - 1 - np.arange(AROUND)) % AROUND
    mirror = ids[:, opposite].ravel()
    index = {"tongue": np.arange(len(points)), "tongue_tip": ids[-1], "tongue_stations": ids}
    faces, uv, uv_faces = oriented(points, faces, *tube_uv(stations, AROUND))
    return Piece(points, faces, mirror, np.full(len(faces), "tongue"), uv, uv_faces, index)
