"""Mouth: closed lips move as one; teeth, gums and tongue follow them by one affine map."""

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from .fields import affine, step

INSIDE = ("teeth_upper", "teeth_lower", "gums_upper", "gums_lower", "tongue")
HARD = INSIDE[:4]
SACK_RIDE = (0.0, 0.15, 0.45, 0.75)
"""How far the seam and the rings behind it follow the teeth's affine map; further rings follow it wholly."""
SEAM_RINGS = 2
"""Rings (the seam and what follows it) whose upper and lower vertices touch."""
TEETH_RIDGE = 25.0
"""mm squared: how strongly the map is kept from turning and stretching the teeth."""
COVER_RIDE = 0.75
"""How far the skin right over teeth and gums follows them, so that they never come through."""
COVER_REACH = 3.5, 13.0
"""Distances from teeth and gums (mm) up to which the skin rides that far, and from which not at all."""
COVER_LIPS = 8.0, 15.0
"""Distances from the seam (mm) up to which the lips are free of that, and from which the skin is not."""
CORNER_REACH = 1.0, 5.0
"""Around a mouth corner (mm) thin faces move by one affine map: wholly up to, and not at all beyond."""


@dataclass(frozen=True)
class Mouth:
    seam: np.ndarray  # (n, 2) vertices that touch
    lead: np.ndarray  # vertices that say where the teeth go
    sack: np.ndarray  # vertices behind the lips
    ride: np.ndarray  # how far each of them follows the teeth
    inside: np.ndarray  # teeth, gums, tongue
    cover: tuple  # skin over teeth and gums, and how far it follows them
    corners: tuple  # vertices and weights around either corner


def make_mouth(template):
    p, n = template.vertices * 1e3, template.names
    rows = np.stack([n["mouth_sack_rings_upper"], n["mouth_sack_rings_lower"]], 1)  # rings, lip, vertex
    follow = np.ones(rows.shape)
    follow[: len(SACK_RIDE)] = np.array(SACK_RIDE)[:, None, None]
    ids, first = np.unique(rows, return_index=True)
    rest = np.setdiff1d(n["mouth_sack"], ids)
    lips = np.concatenate([n["lip_rings_upper"], n["lip_rings_lower"], *rows[1:3]]).ravel()
    lips = np.union1d(
        lips, np.concatenate([n["mouth_skin_rings_upper"][2:], n["mouth_skin_rings_lower"][2:]])
    )
    corners = []
    for corner in n["lip_corners"]:
        weight = 1 - step(np.linalg.norm(p[lips] - p[corner], axis=1), *CORNER_REACH)
        corners.append((lips[weight > 1e-3], weight[weight > 1e-3]))
    hard = np.concatenate([n[k].ravel() for k in HARD])
    away = cKDTree(p[hard]).query(p[n["skin"]])[0]
    over = COVER_RIDE * (1 - step(away, *COVER_REACH))
    over *= step(cKDTree(p[np.unique(rows[0])]).query(p[n["skin"]])[0], *COVER_LIPS)
    over[np.isin(n["skin"], n["mouth_sack"])] = 0
    return Mouth(
        seam=rows[:SEAM_RINGS].transpose(0, 2, 1).reshape(-1, 2),
        lead=np.unique(rows[: len(SACK_RIDE)]),
        sack=np.r_[ids, rest],
        ride=np.r_[follow.ravel()[first], np.ones(len(rest))],
        inside=np.unique(np.concatenate([n[k].ravel() for k in INSIDE])),
        corners=tuple(corners),
        cover=(n["skin"][over > 0], over[over > 0]),
    )


def _seal(mouth, d):
    d[mouth.seam] = d[mouth.seam].mean(1, keepdims=True)


def carry_mouth(mouth, p, d):
    """Changes the displacement d (V, 3) of the lips, the sack behind them and what is inside, at p."""
    _seal(mouth, d)
    for ids, weight in mouth.corners:
        even = affine(p[ids], d[ids], 0.3, weight)(p[ids])
        d[ids] += weight[:, None] * (even - d[ids])
    ride = affine(p[mouth.lead], d[mouth.lead], TEETH_RIDGE)
    d[mouth.inside] = ride(p[mouth.inside])
    ids, weight = mouth.cover
    d[ids] += weight[:, None] * (ride(p[ids]) - d[ids])
    d[mouth.sack] += mouth.ride[:, None] * (ride(p[mouth.sack]) - d[mouth.sack])
    _seal(mouth, d)
