"""Makes a displacement field fit for a head that blinks and speaks.

Linear in the field, so whatever holds for each attribute holds for every mixture of them:
the eyeball moves and grows as a ball and the lids that touch it only slide over it; closed lips move as one;
teeth, gums and tongue follow the mouth by one affine map; ears ride on the head; the bust's lower end stays.
"""

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from .fields import step

MARGIN = 6
"""The lid ring that touches the eye; it and what follows only slide over the ball."""
LID_FREE = 0.3, 5.5
"""Distances from the margin (mm) where the lid begins to move away from the ball, and where it is free to."""
LID_SHARE = 0.0, 9.0
"""Distances from the margin between which an attribute that does not shape lids grows to its full effect."""
LID_THICK = 1.5, 6.0
"""The same for the skin's distance from the ball: what is tucked under the lid must stay under it."""
CANTHUS_LOOSE = 2.0, 3.8, 0.8
"""The eye's corners stand off the ball: gaps (mm) where they come free and are free, and how far."""
CANTHUS_REACH = 1.2, 4.5
"""Around an eye's corner (mm) thin faces move by one affine map: wholly up to, and not at all beyond."""
EAR_PULL = 8.0
"""How far (mm, one sigma) an ear that changes draws the skin around it along."""
EAR_RIDE = {0: 0.0, 1: 0.35, 2: 0.8}
"""How far each ear ring follows the rigid ear instead of the field; further rings follow it wholly."""
SACK_RIDE = {0: 0.0, 1: 0.15, 2: 0.45, 3: 0.75}
"""How far each ring behind the lip seam follows the teeth's affine map; further rings follow it wholly."""
INSIDE = ("teeth_upper", "teeth_lower", "gums_upper", "gums_lower", "tongue")
SEAM_RINGS = 2
"""Rings (the seam and what follows it) whose upper and lower vertices touch."""


@dataclass(frozen=True)
class Carrier:
    points: np.ndarray  # (V, 3) millimetres
    skin: np.ndarray
    mirror: np.ndarray
    stay: np.ndarray  # (V,) 0 at the bust's rim, 1 on the head
    eyes: tuple  # per side: lid rings, weights of their vertices, ball vertices, centre, corners
    ears: tuple  # per side: rings, follow weight per ring, auricle, how far skin is drawn along
    seam: np.ndarray  # (n, 2) vertices that touch
    mouth_fit: np.ndarray  # vertices that say where the teeth go
    mouth_follow: tuple  # vertices and how far they follow
    inside: np.ndarray  # teeth, gums, tongue


def _corner(p, rings, canthus):
    """Skin vertices of an eye around its corner, and how strongly each belongs to it."""
    weight = 1 - step(np.linalg.norm(p[rings] - p[canthus], axis=2), *CANTHUS_REACH)
    weight[MARGIN + 2 :] = weight[MARGIN + 1]  # what is tucked behind the corner follows it
    ids, first = np.unique(rings[1:], return_index=True)
    weight = weight[1:].ravel()[first]
    return ids[weight > 1e-3], weight[weight > 1e-3]


def make_carrier(template):
    p, n = template.vertices * 1e3, template.names
    eyes = []
    for side, joint in (("left", 3), ("right", 4)):
        rings = n[f"eye_rings_{side}"]
        centre, ball = template.joints[joint] * 1e3, p[n[f"{side}_eyeball"]]
        gap = np.linalg.norm(p[rings] - centre, axis=2) - np.median(np.linalg.norm(ball - centre, axis=1))
        loose = CANTHUS_LOOSE[2] * step(gap[MARGIN], *CANTHUS_LOOSE[:2])
        keep = np.zeros(rings.shape)
        far = cKDTree(p[rings[MARGIN]]).query(p[rings[:MARGIN]])[0]
        away = np.zeros(rings.shape)
        away[:MARGIN] = step(far, *LID_SHARE)
        keep[:MARGIN] = np.minimum(step(far, *LID_FREE), step(gap[:MARGIN], *LID_THICK))
        keep[: MARGIN + 2] = np.maximum(keep[: MARGIN + 2], loose)
        corners = [_corner(p, rings, int(n[f"canthus_{which}_{side}"][0])) for which in ("inner", "outer")]
        near = np.zeros(len(p))
        for ids, weight in corners:
            near[ids] = weight
        again = np.maximum(keep[MARGIN:], near[rings[MARGIN:]])
        eyes.append((rings, away, keep, again, n[f"{side}_eyeball"], centre, corners))
    ears = []
    for side in ("left", "right"):
        rings = n[f"ear_rings_{side}"]
        auricle = np.setdiff1d(n[f"{side}_ear"], rings[:3].ravel())
        follow = np.array([EAR_RIDE.get(k, 1.0) for k in range(len(rings))])
        pull = np.exp(-0.5 * (cKDTree(p[rings[2:].ravel()]).query(p[n["skin"]])[0] / EAR_PULL) ** 2)
        ears.append((rings, follow, auricle, pull))
    upper, lower = n["mouth_sack_rings_upper"], n["mouth_sack_rings_lower"]
    pairs = np.stack([upper[:SEAM_RINGS].ravel(), lower[:SEAM_RINGS].ravel()], 1)
    follow_ids, follow = [], []
    for rows in (upper, lower):
        follow_ids.append(rows.ravel())
        follow.append(np.repeat([SACK_RIDE.get(k, 1.0) for k in range(len(rows))], rows.shape[1]))
    ids, first = np.unique(np.concatenate(follow_ids), return_index=True)
    rest = np.setdiff1d(n["mouth_sack"], ids)
    inside = np.unique(np.concatenate([n[k].ravel() for k in INSIDE]))
    fit = np.unique(np.r_[upper[:4].ravel(), lower[:4].ravel()])
    rim_low = p[n["rim"]][:, 1].max()
    stay = step(p[:, 1], rim_low - 14, rim_low + 34)
    return Carrier(
        p,
        n["skin"],
        template.mirror,
        stay,
        tuple(eyes),
        tuple(ears),
        pairs,
        fit,
        (np.r_[ids, rest], np.r_[np.concatenate(follow)[first], np.ones(len(rest))]),
        inside,
    )


def affine(points, moved, ridge, weight=None):
    """Displacement as shift + matrix (least squares, matrix pulled to zero), as a function of points."""
    w = np.full(len(points), 1 / len(points)) if weight is None else weight / weight.sum()
    middle, shift = w @ points, w @ moved
    x = (points - middle) * w[:, None]
    gram = x.T @ (points - middle) + ridge * np.eye(3)
    matrix = np.linalg.solve(gram, x.T @ (moved - shift))
    return lambda q: shift + (q - middle) @ matrix


def _eyes(c, d, growth, share):
    for rings, away, keep, keep_again, ball, centre, corners in c.eyes:
        margin = np.unique(rings[MARGIN])
        x, u = c.points[margin] - centre, d[margin]
        xm, um = x - x.mean(0), u - u.mean(0)
        rate = growth * (xm[:, :2] * um[:, :2]).sum() / (xm[:, :2] ** 2).sum()
        shift = (u - rate * x).mean(0) if growth else np.zeros(3)
        d[ball] = shift + rate * (c.points[ball] - centre)
        sure = shift + rate * (c.points[rings] - centre)
        d[rings] = sure + (share + (1 - share) * away)[..., None] * (d[rings] - sure)
        _slide(c, d, rings, keep, centre, shift, rate)
        for ids, weight in corners:
            even = affine(c.points[ids], d[ids], 0.3, weight)(c.points[ids])
            d[ids] += weight[:, None] * (even - d[ids])
        _slide(c, d, rings[MARGIN:], keep_again, centre, shift, rate)


def _slide(c, d, rings, keep, centre, shift, rate):
    """Takes from the lid rings what would lift them off the ball or push them into it."""
    q = c.points[rings] - centre
    sure = shift + rate * q
    rest = d[rings] - sure
    normal = q / np.linalg.norm(q, axis=-1, keepdims=True)
    away = (rest * normal).sum(-1, keepdims=True) * normal
    d[rings] = sure + rest - (1 - keep)[..., None] * away


def _ears(c, d):
    for rings, follow, auricle, _ in c.ears:
        ride = affine(c.points[rings[0]], d[rings[0]], 150.0)
        d[auricle] = ride(c.points[auricle])
        for ring, w in zip(rings[:3], follow, strict=False):
            d[ring] = (1 - w) * d[ring] + w * ride(c.points[ring])


def _mouth(c, d):
    mean = d[c.seam].mean(1)
    d[c.seam[:, 0]] = d[c.seam[:, 1]] = mean
    map_ = affine(c.points[c.mouth_fit], d[c.mouth_fit], 25.0)
    d[c.inside] = map_(c.points[c.inside])
    ids, w = c.mouth_follow
    d[ids] = (1 - w)[:, None] * d[ids] + w[:, None] * map_(c.points[ids])
    mean = d[c.seam].mean(1)
    d[c.seam[:, 0]] = d[c.seam[:, 1]] = mean


def displacement(c, attribute):
    """(V, 3) millimetres for one standard deviation of an attribute."""
    d = np.zeros_like(c.points)
    if attribute.part == "ear":
        moved = attribute.field(c.points[c.skin])
        d[c.skin] = sum(pull[:, None] * moved for *_, pull in c.ears)
        return d * c.stay[:, None]
    d[c.skin] = attribute.field(c.points[c.skin])
    _eyes(c, d, attribute.eye_growth, attribute.lid_share)
    _ears(c, d)
    _mouth(c, d)
    return d * c.stay[:, None]


def parity(c, d):
    """Makes a nearly (anti)symmetric displacement exactly so; returns it and whether it is symmetric."""
    mirrored = d[c.mirror] * [-1, 1, 1]
    symmetric = ((d - mirrored) ** 2).sum() < ((d + mirrored) ** 2).sum()
    return 0.5 * (d + mirrored) if symmetric else 0.5 * (d - mirrored), bool(symmetric)
