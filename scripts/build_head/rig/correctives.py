"""What jaw skinning alone gets wrong, fitted as two columns: one grows with sin θ, one with 1 − cos θ."""

import numpy as np

SIN_COLUMNS, COS_COLUMNS = (14, 16), (13, 17)
"""Jaw features −sin θ, sin θ and cos θ − 1 (twice) of an opening by θ; joint 2's features start at 9."""


def basis_of(sine, cosine):
    """(V, 3, 36) from the displacement per sin θ and per (1 − cos θ)."""
    out = np.zeros((*sine.shape, 36))
    out[..., SIN_COLUMNS[0]], out[..., SIN_COLUMNS[1]] = -sine / 2, sine / 2
    for column in COS_COLUMNS:
        out[..., column] = -cosine / 2
    return out


def jaw_correctives(face, skinning, hinge):
    zero = np.zeros_like(face.points)
    return basis_of(zero, zero)
