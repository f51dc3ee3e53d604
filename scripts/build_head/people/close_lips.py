"""Lips that close for everybody: what the hinge leaves over of a deeper face, the lips take up."""

import numpy as np

from ..rig.face import SEAM
from .hinge import JAW

CLOSING = np.radians(2.0)
"""How far the jaw is open when the lips are shut (see rig/speech.py)."""
FOLLOW = {4: 0.3, 5: 0.6, 6: 0.9, 7: 1.0, 8: 1.0, 9: 0.7, 10: 0.35}
"""How far each mouth ring goes along with the seam."""


def mouth_rings(template, lip):
    """(14, 27) vertices of one lip's half of the mouth rings."""
    n = template.names
    return np.concatenate(
        [n[f"mouth_skin_rings_{lip}"], n[f"lip_rings_{lip}"], n[f"mouth_sack_rings_{lip}"][1:]]
    )


def close_lips(template, skinning, regressor, basis):
    """A shape basis (V, 3, k) whose lips are as far apart as the mean head's when the jaw is at `CLOSING`."""
    rings = {lip: mouth_rings(template, lip) for lip in ("upper", "lower")}
    hinge = np.einsum("v,vck->ck", regressor[JAW], basis)
    turned = {}  # what the jaw's turn adds to each seam, beyond what it adds in the mean head: up, forward
    for lip, rows in rings.items():
        arm = basis[rows[SEAM], 1:] - hinge[1:]
        share = np.sin(CLOSING) * skinning[rows[SEAM], JAW, None]
        turned[lip] = np.stack([-share * arm[:, 1], share * arm[:, 0]], 1)
    apart = turned["upper"] - turned["lower"]
    basis = basis.copy()
    for lip, sign in (("upper", -0.5), ("lower", 0.5)):
        for ring, follow in FOLLOW.items():
            ids = rings[lip][ring, 1:-1]
            basis[ids, 1:] += sign * follow * apart[1:-1]
    return basis
