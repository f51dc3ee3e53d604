"""Eyes: the ball moves and grows as a ball, the lids that touch it only slide over it."""

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from .fields import affine, step

MARGIN = 6
"""The lid ring that touches the eye; it and what follows only slide over the ball."""
LID_FREE = 0.3, 5.5
"""Distances from the margin (mm) where the lid begins to move away from the ball, and where it is free to."""
LID_THICK = 1.5, 6.0
"""The same for the skin's distance from the ball: what is tucked under the lid must stay under it."""
LID_SHARE = 0.0, 9.0
"""Distances from the margin between which an attribute that does not shape lids grows to its full effect."""
CANTHUS_LOOSE = 2.0, 3.8, 0.8
"""The eye's corners stand off the ball: gaps (mm) where they come free and are free, and how far."""
CANTHUS_REACH = 1.2, 4.5
"""Around an eye's corner (mm) thin faces move by one affine map: wholly up to, and not at all beyond."""


@dataclass(frozen=True)
class Eye:
    rings: np.ndarray  # lid rings, outermost first
    away: np.ndarray  # per ring vertex: 0 at the margin, 1 far from it
    keep: np.ndarray  # how much of a motion off the ball it keeps
    keep_last: np.ndarray  # the same from the margin inward, after the corners were evened
    ball: np.ndarray
    centre: np.ndarray
    corners: tuple  # vertices and weights around the inner and the outer corner


def make_eye(template, side):
    p, n = template.vertices * 1e3, template.names
    rings, ball = n[f"eye_rings_{side}"], n[f"{side}_eyeball"]
    centre = template.joints[3 if side == "left" else 4] * 1e3
    gap = np.linalg.norm(p[rings] - centre, axis=2) - np.median(np.linalg.norm(p[ball] - centre, axis=1))
    far = cKDTree(p[rings[MARGIN]]).query(p[rings[:MARGIN]])[0]
    away, keep = np.zeros(rings.shape), np.zeros(rings.shape)
    away[:MARGIN] = step(far, *LID_SHARE)
    keep[:MARGIN] = np.minimum(step(far, *LID_FREE), step(gap[:MARGIN], *LID_THICK))
    loose = CANTHUS_LOOSE[2] * step(gap[MARGIN], *CANTHUS_LOOSE[:2])
    keep[: MARGIN + 2] = np.maximum(keep[: MARGIN + 2], loose)
    corners = [_corner(p, rings, int(n[f"canthus_{which}_{side}"][0])) for which in ("inner", "outer")]
    near = np.zeros(len(p))
    for ids, weight in corners:
        near[ids] = weight
    keep_last = np.maximum(keep[MARGIN:], near[rings[MARGIN:]])
    return Eye(rings, away, keep, keep_last, ball, centre, tuple(corners))


def _corner(p, rings, canthus):
    """Skin vertices of an eye around its corner, and how strongly each belongs to it."""
    weight = 1 - step(np.linalg.norm(p[rings] - p[canthus], axis=2), *CANTHUS_REACH)
    weight[MARGIN + 2 :] = weight[MARGIN + 1]  # what is tucked behind the corner follows it
    ids, first = np.unique(rings[1:], return_index=True)
    weight = weight[1:].ravel()[first]
    return ids[weight > 1e-3], weight[weight > 1e-3]


def carry_eye(eye, p, d, growth, share):
    """Changes the displacement d (V, 3) of the eye's vertices at p."""
    margin = np.unique(eye.rings[MARGIN])
    x, u = p[margin] - eye.centre, d[margin]
    xm, um = x - x.mean(0), u - u.mean(0)
    rate = growth * (xm[:, :2] * um[:, :2]).sum() / (xm[:, :2] ** 2).sum()
    shift = (u - rate * x).mean(0) if growth else np.zeros(3)
    ride = lambda ids: shift + rate * (p[ids] - eye.centre)  # noqa: E731
    d[eye.ball] = ride(eye.ball)
    sure = ride(eye.rings)
    d[eye.rings] = sure + (share + (1 - share) * eye.away)[..., None] * (d[eye.rings] - sure)
    _slide(eye, p, d, eye.rings, eye.keep, ride)
    for ids, weight in eye.corners:
        even = affine(p[ids], d[ids], 0.3, weight)(p[ids])
        d[ids] += weight[:, None] * (even - d[ids])
    _slide(eye, p, d, eye.rings[MARGIN:], eye.keep_last, ride)


def _slide(eye, p, d, rings, keep, ride):
    """Takes from the lid rings what would lift them off the ball or push them into it."""
    normal = p[rings] - eye.centre
    normal /= np.linalg.norm(normal, axis=-1, keepdims=True)
    sure = ride(rings)
    off = ((d[rings] - sure) * normal).sum(-1, keepdims=True) * normal
    d[rings] -= (1 - keep)[..., None] * off
