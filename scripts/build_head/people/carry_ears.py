"""Ears: they ride on the head by an affine map, and draw the skin at their root along when they change."""

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from .fields import affine, step

EAR_RIDE = (0.0, 0.35, 0.8)
"""How far each of the first ear rings follows the riding ear instead of the field; the others wholly do."""
EAR_PULL = 8.0
"""How far (mm, one sigma) an ear that changes draws the skin around it along."""
NOTCH_REACH = 10.0, 20.0
"""Around the tight place where the helix leaves the head (mm) all moves by one affine map: wholly, none."""
ROOT_RIDGE = 150.0
"""mm squared: how strongly the map is kept from turning and stretching the ear."""


@dataclass(frozen=True)
class Ear:
    rings: np.ndarray
    auricle: np.ndarray
    pull: np.ndarray  # per skin vertex: how far it moves with the ear
    notch: tuple  # vertices and weights around the tight place at its root


def make_ear(template, side):
    p, n = template.vertices * 1e3, template.names
    rings = n[f"ear_rings_{side}"]
    auricle = np.setdiff1d(n[f"{side}_ear"], rings[: len(EAR_RIDE)].ravel())
    away = cKDTree(p[rings[2:].ravel()]).query(p[n["skin"]])[0]
    low = p[rings[2], 1] < p[rings[2], 1].mean() + 8
    tight = p[rings[3, np.argmin(np.linalg.norm(p[rings[2]] - p[rings[5]], axis=1) + 1e3 * low)]]
    weight = 1 - step(np.linalg.norm(p[n["skin"]] - tight, axis=1), *NOTCH_REACH)
    notch = n["skin"][weight > 1e-3], weight[weight > 1e-3]
    return Ear(rings, auricle, np.exp(-0.5 * (away / EAR_PULL) ** 2), notch)


def even_notch(ear, p, d):
    """Lets the tight place at the ear's root move as one piece."""
    ids, weight = ear.notch
    d[ids] += weight[:, None] * (affine(p[ids], d[ids], 0.3, weight)(p[ids]) - d[ids])


def carry_ear(ear, p, d):
    """Changes the displacement d (V, 3) of the ear's vertices at p."""
    ride = affine(p[ear.rings[0]], d[ear.rings[0]], ROOT_RIDGE)
    d[ear.auricle] = ride(p[ear.auricle])
    for ring, w in zip(ear.rings, EAR_RIDE, strict=False):
        d[ring] = (1 - w) * d[ring] + w * ride(p[ring])
    even_notch(ear, p, d)
