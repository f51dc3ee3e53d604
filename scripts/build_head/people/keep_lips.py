"""Lips that roll in without turning inside out: what people differ in may not use up a lip's cross-section.

An angry face adds the same roll to everybody. It leaves the mean head's lip a millimetre and a half between
two rings of its cross-section; a person whose lip is thinner by as much would have it folded. So no piece of
the cross-section varies by more than a share of the shortest length that emotions and speech leave to it.
What a piece gives up its neighbours take, the roomiest most: the seam and the skin beyond the lip stay.
"""

import numpy as np

from ..rig.face import SEAM
from .close_lips import mouth_rings

SHARES = np.array([0.33, 0.33, 0.33, 0.33, 0.45, 0.26, 0.065])
"""Standard deviations of the pieces between rings, from the skin to the seam, over those shortest lengths.
The last two carry the line where rolled lips meet."""
ROUNDS = 60


def shortest(template, rings, displacements, recipes):
    """(pieces, stations) metres: the least length of each piece, at rest and in all recipes."""
    least = np.inf
    for strengths in ({}, *recipes):
        places = template.vertices[rings] + sum(
            value * displacements[name][rings] for name, value in strengths.items()
        )
        least = np.minimum(least, np.linalg.norm(np.diff(places, axis=0), axis=-1))
    return least


def spread_of(pieces):
    """(…) largest standard deviation over all directions of pieces (…, 3, k)."""
    return np.sqrt(np.linalg.eigvalsh(np.einsum("...ck,...dk->...cd", pieces, pieces))[..., -1])


def kept_pieces(pieces, room):
    """Pieces (n, stations, 3, k) that vary by no more than a share of `room` (n, stations); the sum stays."""
    whole = pieces.sum(0)
    takes = (room**2 / (room**2).sum(0))[..., None, None]
    for _ in range(ROUNDS):
        share = np.minimum(1, SHARES[:, None] * room / np.maximum(spread_of(pieces), 1e-12))
        pieces = pieces * share[..., None, None]
        pieces = pieces + takes * (whole - pieces.sum(0))
    return pieces


def keep_lips(template, displacements, recipes, basis):
    """A shape basis (V, 3, k) in metres whose lips keep their cross-section in every recipe."""
    out = basis.copy()
    for lip in ("upper", "lower"):
        rings = mouth_rings(template, lip)[: SEAM + 1]
        room = shortest(template, rings, displacements, recipes)
        pieces = kept_pieces(np.diff(basis[rings], axis=0), room)
        out[rings[1:-1]] = basis[rings[:1]] + np.cumsum(pieces, 0)[:-1]
    return out
