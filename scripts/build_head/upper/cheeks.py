"""Cheek raiser, nose wrinkler and nostrils."""

import numpy as np

from .skin import bump, extend, offset, smoothstep, split

ORBIT_RINGS = slice(6, None)  # the margin and what lies behind it


def _lids(skin, rings):
    found = np.zeros(skin.count, bool)
    for side in ("left", "right"):
        found[skin.names[f"eye_rings_{side}"][rings].ravel()] = True
    return found


def _region(skin, centre, radii):
    """Skin inside an ellipsoid on the left, and its mirror image."""
    q = (((skin.points - centre) / radii) ** 2).sum(1)
    return skin.both(skin.inside & (q < 1))


def _handles(skin, rows):
    """Handles on the left, mirrored: rows (centre, radius, displacement)."""
    known, mask = np.zeros((skin.count, 3)), np.zeros(skin.count, bool)
    for centre, radius, move in rows:
        near = skin.inside & (np.linalg.norm(skin.points - centre, axis=1) < radius)
        known[near], mask[near] = move, True
    other = mask[skin.mirror] & ~mask
    known[other] = known[skin.mirror[other]] * [-1, 1, 1]
    return known, mask | other


def cheek_raise(skin):
    """Orbicularis, orbital part: the cheek lifts along the bone and bunches under the eye."""
    apple = skin.points[skin.names["cheek_apple_left"]].mean(0)
    free = _region(skin, offset(apple, 2, 8, -4), (30, 40, 40))
    free &= ~_lids(skin, ORBIT_RINGS) & ~skin.mask("brow_left", "brow_right", "lips", "nose")
    known, handles = _handles(
        skin,
        (
            (offset(apple, 0, 4, 0.5), 6.0, (0.4, 4.6, 2.0)),
            (offset(apple, -8, 7, 3), 4.0, (0.3, 3.4, 1.5)),
            (offset(apple, 9, 9, -6), 4.0, (-0.2, 3.6, 1.6)),
        ),
    )
    known[~(handles & free)] = 0
    return split(skin, extend(skin, free & ~handles, known), 6.0)


def nose_wrinkle(skin):
    """Levator of lip and ala: the ala and the side of the nose draw up, the root bunches."""
    ala = skin.points[skin.names["ala_left"]].mean(0)
    free = _region(skin, offset(ala, -1.5, 13, -3), (26, 38, 40))
    free &= ~_lids(skin, slice(5, None)) & ~skin.mask("lips", "nostril_left", "nostril_right")
    free |= skin.mask("nostril_left", "nostril_right")
    known, handles = _handles(
        skin,
        (
            (offset(ala, 1.5, 0, -3), 4.5, (1.0, 3.0, -0.3)),
            (offset(ala, 6, 4, -6), 4.0, (0.2, 3.2, 1.2)),
        ),
    )
    known[~(handles & free)] = 0
    return split(skin, extend(skin, free & ~handles, known), 6.0)


def nostril_flare(skin):
    """The alae spread; columella and tip stay."""
    ala = skin.points[skin.names["ala_left"]].mean(0)
    hill = bump(skin.points, offset(ala, 1.5, -1.5, -0.5), (11, 11, 13)) * skin.inside
    field = hill[:, None] * np.array([2.6, 0.4, 0.2])
    field *= smoothstep(skin.points[:, 0], 2.0, 10.0)[:, None]
    field[skin.mask("lips")] = 0
    left = field
    return split(skin, left + left[skin.mirror] * [-1, 1, 1], 3.0)
