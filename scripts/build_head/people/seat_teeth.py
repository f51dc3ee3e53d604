"""Teeth that stand behind the lips of everybody as they stand behind those of the mean head."""

import numpy as np

from .carry_mouth import make_mouth
from .fields import step

MIDDLE = slice(10, 17)  # stations of the seam
EDGE = 0.3e-3  # metres: vertices of a crown as near to its biting edge
TONGUE = (0.035, 0.075)  # depths: the tongue's root stays before the throat, its tip goes with the teeth
GUM = (-0.080, -0.074)  # heights: the lower gum's foot stays in the chin, its rim goes with the teeth


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
    follow = np.zeros(len(p))
    follow[mouth.sack] = mouth.ride
    follow[mouth.inside] = 1.0
    follow[n["tongue"]] = step(p[n["tongue"], 2], *TONGUE)
    follow[n["gums_lower"]] = step(p[n["gums_lower"], 1], *GUM)
    basis = basis.copy()
    basis[:, 1:] += follow[:, None, None] * lack
    return basis
