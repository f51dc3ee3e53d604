"""Eyes that close for everybody: what people differ in may not part the lids of a blink.

A blink adds the same displacement to every person's lids, so what the closed margins gain on one another is
what the upper margin moves more than the lower. That difference is scaled down, station by station, to what
the mean head's closed lids have in reserve; what both margins have in common (place, tilt, width) stays.
"""

from dataclasses import dataclass

import numpy as np

from flametalk.conventions import MILLIMETRES

from ..upper.eye import MARGIN, left_eye
from ..upper.lids import blink
from .fields import MIRROR

SURE = 4.2
"""Standard deviations that the reserve must hold."""
IN_FRONT = 0.12
"""mm that the upper margin keeps in front of the lower."""
PASSED = 0.15
"""mm that it stays beyond the lower."""
LOOSE = 0.5
"""mm of passing above which the lids may slide along one another as they like."""
RINGS = (0.0, 0.02, 0.10, 0.28, 0.55, 0.82, 1, 1, 1, 0.9, 0.7, 0.4)
"""How far each lid ring, outermost first, goes along with its margin."""


@dataclass(frozen=True)
class Meeting:
    """The closed lids of the mean head, per station from the inner to the outer canthus."""

    upper: np.ndarray  # (rings, stations) vertices
    lower: np.ndarray
    axes: np.ndarray  # (stations, 3, 3) rows: along the lids, across (up), out of the ball
    reserve: np.ndarray  # (stations, 2) mm that the upper passes the lower, and that it lies before it


def meeting(template):
    """Of the left eye."""
    eye = left_eye(template)
    shut = eye.points + blink(eye)
    upper, lower = (shut[side[MARGIN]] - eye.centre for side in (eye.upper, eye.lower))
    along = np.broadcast_to(eye.frame[0], upper.shape)
    out = upper + lower
    out -= (out * along).sum(1, keepdims=True) * along
    out /= np.linalg.norm(out, axis=1, keepdims=True)
    across = np.cross(out, along)
    over = upper - lower
    reserve = np.stack([-(over * across).sum(1) - PASSED, (over * out).sum(1) - IN_FRONT], 1)
    return Meeting(eye.upper, eye.lower, np.stack([along, across, out], 1), np.maximum(reserve, 0))


def close_left(place, basis):
    """Changes a basis (V, 3, k) in millimetres so that the left eye closes."""
    apart = basis[place.upper[MARGIN]] - basis[place.lower[MARGIN]]
    local = np.einsum("sac,sck->sak", place.axes, apart)
    spread = np.maximum(np.sqrt((local[:, 1:] ** 2).sum(-1)), 1e-9)
    share = np.minimum(place.reserve / SURE / spread, 1.0)
    share = np.c_[share.min(1), share]  # along the lids nothing is lost, but where they only just meet
    share[:, 0] = np.where(place.reserve[:, 0] > LOOSE, 1.0, share[:, 0])
    lack = (1 - share)[..., None] * local
    half = 0.5 * np.einsum("sac,sak->sck", place.axes, lack)
    for ring, follow in enumerate(RINGS):
        basis[place.upper[ring, 1:-1]] -= follow * half[1:-1]
        basis[place.lower[ring, 1:-1]] += follow * half[1:-1]


def close_lids(template, basis):
    """A shape basis (V, 3, k) in metres whose lids close on both sides."""
    place = meeting(template)
    basis = basis * MILLIMETRES
    for _ in range(2):  # the left eye, and the right one as a left eye
        close_left(place, basis)
        basis = basis[template.mirror] * MIRROR[:, None]
    return basis / MILLIMETRES
