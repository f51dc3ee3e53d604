"""What jaw skinning alone gets wrong, fitted as two columns: one grows with sin θ, one with 1 − cos θ."""

import numpy as np

from .lips import LIP_RINGS, Move, depth, lip_handles
from .pose import unpose_change
from .skinning import JAW, mouth_angle

SIN_COLUMNS, COS_COLUMNS = (14, 16), (13, 17)
"""Jaw features −sin θ, sin θ and cos θ − 1 (twice) of an opening by θ; joint 2's features start at 9."""
ANGLES = np.radians([12.0, 28.0])


def basis_of(sine, cosine):
    """(V, 3, 36) from the displacement per sin θ and per (1 − cos θ)."""
    out = np.zeros((*sine.shape, 36))
    out[..., SIN_COLUMNS[0]], out[..., SIN_COLUMNS[1]] = -sine / 2, sine / 2
    for column in COS_COLUMNS:
        out[..., column] = -cosine / 2
    return out


def _lip_changes(face, angle):
    """What both lips do beyond the skinning when the jaw opens by `angle`: handles and posed displacements.

    The lower lip lags behind its teeth, the upper one bares its teeth a little, both get thinner, and the
    corners come closer to the middle.
    """
    s = face.across
    a = np.abs(s)
    far = angle / np.radians(28)
    early = np.sin(np.pi / 2 * min(far / 0.6, 1))
    c = (1 - a**2) ** 0.7
    taut = (1 - depth(LIP_RINGS))[:, None]
    inward = -3.2 * far * np.sign(s) * a**1.6
    inward = (
        inward * (0.5 + 0.5 * depth(LIP_RINGS))[:, None]
        + far**0.7 * (np.sin(mouth_angle(s)) - s) * face.half_width
    )
    upper = Move(up=0.9 * early * c - 0.6 * far * taut * c, out=-0.8 * far * c, across=inward)
    lower = Move(up=3.0 * early * c + 1.0 * far * taut * c, out=-0.6 * far * c, across=inward)
    return lip_handles(face, upper, lower)


def jaw_correctives(face, skinning, hinge):
    """(V, 3, 36) in the face's unit."""
    fields = []
    for angle in ANGLES:
        ids, posed = _lip_changes(face, angle)
        w = skinning[ids, JAW]
        rest = unpose_change(posed, w, (angle, 0, 0))
        fields.append(face.whole(face.extend(ids, rest, face.mouth_zone, 20.0)))
    system = np.stack([np.sin(ANGLES), 1 - np.cos(ANGLES)], 1)
    sine, cosine = np.einsum("ij,jvc->ivc", np.linalg.inv(system), np.stack(fields))
    return basis_of(face.symmetric(sine), face.symmetric(cosine))
