"""The skin of closed lids: one smooth dome from the lash line to the orbit.

A lid that sweeps round the ball carries its fold along, and is dented toward the corners, where it zips.
So the closed skin between the ring before the margin and the orbit is moved in and out until it bends least.
Margins, lashes and what lies behind them stay as they close, and so does every vertex's place along the lid.
"""

import numpy as np
from scipy.sparse import diags
from scipy.sparse.linalg import splu

from .eye import MARGIN

LASHES = MARGIN - 1  # this ring and those behind it stay
NORMALS = 5.0  # mm over which the normals are averaged
CORNER = 0.15, 4.0  # what a millimetre at a canthus counts against the bending; how far (mm) that reaches
LEAST = 2.0  # mm that the skin keeps in front of the ball


def domed(eye, skin, field):
    """A displacement (V, 3) that closes the left eye, with the lids' skin smooth at strength 1."""
    shut = eye.points + field
    stiffness, mass, normals = skin.operators(shut)
    mass = np.maximum(mass, 1e-6)
    zone = _zone(eye, skin)
    out = shut[zone] - eye.centre
    even = splu((diags(mass) + NORMALS**2 * stiffness).tocsc()).solve(mass[:, None] * normals)[zone]
    way = _unit(_unit(out) + _unit(even))
    bending = (stiffness @ diags(1 / mass) @ stiffness).tocsr()[zone]
    corners = shut[eye.upper[MARGIN, [0, -1]]]
    away = np.linalg.norm(shut[zone][:, None] - corners, axis=-1).min(1)
    held = CORNER[0] * np.exp(-((away / CORNER[1]) ** 2)) * mass[zone]
    block = bending[:, zone]
    system = sum(diags(way[:, c]) @ block @ diags(way[:, c]) for c in range(3)) + diags(held)
    far = splu(system.tocsc()).solve(-(way * (bending @ shut)).sum(1))
    moved = field.copy()
    moved[zone] += far[:, None] * way
    left = np.linalg.norm(shut[zone] + far[:, None] * way - eye.centre, axis=1) - eye.radius
    assert left.min() > LEAST, f"closed lids come within {left.min():.2f} mm of the ball"
    return moved


def _zone(eye, skin):
    """Vertices of the lids' skin in front of the lashes, and those next to them."""
    free = np.zeros(skin.count, bool)
    free[eye.rings[:LASHES]] = True
    free[skin.triangles[free[skin.triangles].any(1)]] = True
    free[eye.rings[LASHES:]] = False
    return np.flatnonzero(free)


def _unit(vectors):
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9)
