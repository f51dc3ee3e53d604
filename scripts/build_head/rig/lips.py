"""Lip motions: what the rings of both lips do, station by station, and their extension over the face."""

from dataclasses import dataclass, replace

import numpy as np

from .face import SEAM, SIDES, TENSION, VERMILION
from .measure import apertures

DEEP = 9  # last ring of the sack that follows the lips rigidly
LIP_RINGS = np.arange(VERMILION, DEEP + 1)


@dataclass(frozen=True)
class Move:
    """Motion of one lip per station (27) or per ring and station (6, 27); millimetres and radians."""

    across: object = 0.0  # + = subject's left, slides around the face
    up: object = 0.0
    forward: object = 0.0  # along +z
    out: object = 0.0  # along the horizontal normal of the lips
    roll: object = 0.0  # + = outward, about a point in the lip's body
    thick: object = 0.0  # growth of the red lip's height
    tuck: object = 0.0  # rings that the lip slides inward along its own cross-section


@dataclass(frozen=True)
class Pull:
    """A handle on the skin beyond the lips: where, and how it moves (left side; mirrored by the caller)."""

    at: tuple
    by: tuple


def depth(ring):
    """0 at the vermilion border, 1 at the seam and behind it."""
    return np.clip((np.asarray(ring, float) - VERMILION) / (SEAM - VERMILION), 0, 1)


def station_frames(face):
    """Tangent (toward the left) and outward normal of the lips in the horizontal plane, per station."""
    p = sum(face.points[face.rings[side][VERMILION + 1]] for side in SIDES) / 2
    tangent = np.gradient(p, axis=0) * [1, 0, 1]
    for _ in range(6):
        padded = np.vstack([tangent[1] * [1, 0, -1], tangent, tangent[-2] * [1, 0, -1]])
        tangent = 0.25 * padded[:-2] + 0.5 * padded[1:-1] + 0.25 * padded[2:]
    tangent /= np.linalg.norm(tangent, axis=1, keepdims=True)
    normal = np.stack([-tangent[:, 2], np.zeros(len(tangent)), tangent[:, 0]], 1)
    return tangent, normal


def turned(p, axis, angle):
    """Rotation of points about unit axes by angles (Rodrigues), all arrays broadcast."""
    c, s = np.cos(angle)[..., None], np.sin(angle)[..., None]
    return p * c + np.cross(axis, p) * s + axis * (p * axis).sum(-1, keepdims=True) * (1 - c)


def moved_lip(face, side, move):
    """Displacements (6, 27, 3) of the rings vermilion … DEEP of one lip."""
    p = face.points[face.rings[side][VERMILION : DEEP + 1]]
    tangent, normal = station_frames(face)
    full = np.broadcast_to
    shape = p.shape[:2]
    pivot = 0.5 * (p[1] + p[SEAM - VERMILION]) - 3.0 * normal
    sign = -1 if side == "upper" else 1
    angle = full(np.asarray(move.roll, float), shape) * sign
    d = turned(p - pivot, full(tangent, p.shape), angle) - (p - pivot)
    d += slid_inward(face, side, move.tuck)
    grow = full(np.asarray(move.thick, float), shape) * (1 - depth(LIP_RINGS))[:, None]
    d[..., 1] += grow * (1 if side == "upper" else -1)
    x = p[..., 0]
    dx = full(np.asarray(move.across, float), shape)
    d[..., 0] += dx
    d[..., 2] += face.slide(x, dx) + move.forward
    d[..., 1] += move.up
    return d + full(np.asarray(move.out, float), shape)[..., None] * normal


FADE = np.array([1.0, 1.0, 1.0, 1.0, 0.7, 0.4])  # how much of a tuck each ring of the lip takes


def slid_inward(face, side, tuck):
    """Displacements (6, 27, 3) of a lip whose rings move `tuck` rings on along its cross-section."""
    profile = face.points[face.rings[side]]
    tuck = np.broadcast_to(np.asarray(tuck, float), profile.shape[1:2])
    place = np.clip(LIP_RINGS[:, None] + FADE[:, None] * tuck, 2, 10.5)
    low = np.minimum(place.astype(int), 10)
    station = np.arange(profile.shape[1])
    a, b = profile[low, station], profile[low + 1, station]
    return a + (b - a) * (place - low)[..., None] - profile[VERMILION : DEEP + 1]


def spread(face, upper, lower, pulls=(), reach=26.0, fixed=(), tension=TENSION):
    """Displacement (V, 3) of the whole face from the motions of the lips and of handles beyond them.

    `pulls` are given for the left side and mirrored; `fixed` are vertices that must not move.
    """
    ids, values = lip_handles(face, upper, lower)
    return spread_handles(face, ids, values, pulls, reach, fixed, tension)


def lip_handles(face, upper, lower):
    """Vertices of both lips and their displacements."""
    rows = [face.rings[side][VERMILION : DEEP + 1].ravel() for side in SIDES]
    moves = [
        moved_lip(face, side, move).reshape(-1, 3) for side, move in zip(SIDES, (upper, lower), strict=True)
    ]
    return joined_corners(np.concatenate(rows), np.concatenate(moves))


def sealed(face, upper, lower, may_part=False):
    """The same two moves with `up` corrected per station until the lips just touch as they do at rest.

    With `may_part` gaps are left and only what crosses is moved apart.
    """
    rest = apertures(face, face.points)
    for _ in range(4):
        points = face.points.copy()
        ids, values = lip_handles(face, upper, lower)
        points[ids] += values
        lack = np.zeros(len(face.across))
        lack[1:-1] = np.clip(np.nan_to_num(apertures(face, points) - rest, posinf=0.0), -4, 4)
        lack = 0.5 * (np.minimum(lack, 0) if may_part else lack)
        upper = replace(upper, up=np.broadcast_to(upper.up, (len(LIP_RINGS), len(lack))) - lack)
        lower = replace(lower, up=np.broadcast_to(lower.up, (len(LIP_RINGS), len(lack))) + lack)
    return upper, lower


def joined_corners(ids, values):
    """The vertices that both lips share get the mean of both motions."""
    unique, place = np.unique(ids, return_inverse=True)
    count = np.bincount(place)
    mean = np.stack([np.bincount(place, values[:, k]) / count for k in range(3)], 1)
    return unique, mean


PATCH = 5.0
"""Skin within this distance (mm) of a pull's place moves with it."""


def spread_handles(face, ids, values, pulls=(), reach=26.0, fixed=(), tension=TENSION):
    """Displacement (V, 3) from handles on the lips, pulls beyond them and vertices that stay."""
    taken = np.zeros(len(face.skin), bool)
    taken[ids] = True
    chunks = [(ids, values)]
    fixed = np.ravel(np.asarray(fixed, int))
    chunks.append((fixed[~taken[fixed]], np.zeros((int((~taken[fixed]).sum()), 3))))
    taken[fixed] = True
    for pull in pulls:
        for sign in (1, -1) if pull.at[0] != 0 else (0,):
            at, by = np.array(pull.at) * [sign or 1, 1, 1], np.array(pull.by, float) * [sign, 1, 1]
            patch = face.patch(at, PATCH)
            patch = patch[~taken[patch]]
            taken[patch] = True
            chunks.append((patch, np.tile(by, (len(patch), 1))))
    ids, values = (np.concatenate(c) for c in zip(*chunks, strict=True))
    return face.whole(face.extend(ids, values, face.mouth_zone, reach, tension))


def halves(face, moves, width):
    """A symmetric action split into left and right; the two add up to the whole exactly."""
    moves = face.symmetric(moves)
    t = np.clip(face.points[:, 0] / width, -1, 1)
    left = 0.5 + 0.25 * t * (3 - t * t)
    return moves * left[:, None], moves * (1 - left)[:, None]


def bump(face, centre, radii, by):
    """A smooth swelling of the skin around a point, as a field (V, 3)."""
    q = (face.points - centre) / radii
    fall = np.exp(-0.5 * (q**2).sum(1))
    fall = np.where(face.mouth_mask, np.maximum(fall - 0.01, 0) / 0.99, 0)
    return fall[:, None] * np.asarray(by, float)
