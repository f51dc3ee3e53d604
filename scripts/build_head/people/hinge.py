"""Where the jaw's hinge goes when people differ: it keeps its distance to the lips.

Closing the lips takes two degrees of jaw in everybody. In a face that is five millimetres deeper from hinge
to lips these would part them by 0.2 mm more, and the displacement that shuts them is the mean head's. So the
hinge follows the lips forward and back. Its regressor gets shares of groups of vertices that no expression
moves, which leave it where it is on the mean head.
"""

import numpy as np

from .carry_mouth import SEAM_RINGS

JAW = 2  # joint
MIDDLE = slice(10, 17)  # stations of the lips that lead
CELL = 37.0  # mm: skin is grouped by height and depth
TEETH = (55.0, 75.0)  # mm: depths that part the upper teeth into three groups
LEAST = 12  # vertices of a group
HEIGHT = 0.3  # what a millimetre of height counts that the hinge leaves, against one of depth left over
SHARES = 0.5  # mm: the same for a share of 1


def _groups(template, still):
    """Lists of vertices."""
    p, n = template.vertices * 1e3, template.names
    chosen = np.intersect1d(n["skin"], np.flatnonzero(still))
    chosen = np.setdiff1d(chosen, n["mouth_sack"])
    cell = np.floor(p[chosen, 1:] / CELL + 0.31)
    _, number = np.unique(cell, axis=0, return_inverse=True)
    groups = [chosen[number.ravel() == k] for k in range(number.max() + 1)]
    for name in ("teeth_upper", "gums_upper"):
        third = np.digitize(p[n[name], 2], TEETH)
        groups += [n[name][third == k] for k in range(3)]
    groups.append(np.concatenate([n["left_eyeball"], n["right_eyeball"]]))
    return [group for group in groups if len(group) >= LEAST]


def carried_hinge(template, regressor, still, basis):
    """The joint regressor (5, V) with a jaw that follows the lips of a shape basis (V, 3, k).

    `still` is true for vertices that no expression moves.
    """
    groups = _groups(template, still)
    lips = template.names["mouth_sack_rings_lower"][:SEAM_RINGS, MIDDLE].ravel()
    moved = np.stack([basis[group].mean(0) for group in groups], -1)  # (3, k, groups)
    place = np.stack([template.vertices[group].mean(0) for group in groups], -1)[1:]
    hinge = np.einsum("v,vck->ck", regressor[JAW], basis)
    lack = basis[lips, 2].mean(0) - hinge[2]
    # shares that add up to nothing and move the mean head's joint nowhere
    fixed = np.vstack([np.ones(len(groups)), place / 0.05])
    free = np.linalg.svd(fixed)[2][len(fixed) :].T
    system = np.vstack([moved[2], HEIGHT * moved[1], SHARES * 1e-3 * np.eye(len(groups))])
    wanted = np.r_[lack, np.zeros(len(lack) + len(groups))]
    shares = free @ np.linalg.lstsq(system @ free, wanted, rcond=None)[0]
    out = regressor.copy()
    for group, share in zip(groups, shares, strict=True):
        out[JAW, group] += share / len(group)
    return out
