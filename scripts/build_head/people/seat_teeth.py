"""Teeth that stand behind the lips of everybody as they stand behind those of the mean head."""

import numpy as np

from .carry_mouth import make_mouth

MIDDLE = slice(10, 17)  # stations of the seam
EDGE = 0.3e-3  # metres: vertices of a crown as near to its biting edge


def seat_teeth(template, basis):
    """A shape basis (V, 3, k) in which the upper incisors' edges go up and forward with the closed lips.

    The rest of the mouth goes with them: lower teeth, gums, tongue and the linings, as far as those follow.
    """
    p, n = template.vertices, template.names
    crowns = np.concatenate([n[f"teeth_upper_{side}_1"] for side in ("left", "right")])
    edge = crowns[p[crowns, 1] < p[crowns, 1].min() + EDGE]
    seam = n["lip_seam_upper"][MIDDLE]
    lack = basis[seam, 1:].mean(0) - basis[edge, 1:].mean(0)
    mouth = make_mouth(template)
    basis = basis.copy()
    basis[mouth.inside, 1:] += lack
    basis[mouth.sack, 1:] += mouth.ride[:, None, None] * lack
    return basis
