"""Cheek raiser, nose wrinkler and nostrils."""

import numpy as np

from .eye import middle_of_lid
from .lids import LOWER, crows_feet, swept
from .skin import bump, extend, offset, smoothstep, split

LID_RINGS = slice(4, None)  # rings that keep to the lid: the cheek pushes against them


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


def cheek_raise(eye, skin):
    """Orbicularis, orbital part: the cheek lifts, bunches under the eye and pushes the lower lid."""
    apple = skin.points[skin.names["cheek_apple_left"]].mean(0)
    lid = swept(eye, "lower", np.radians(6.0) * middle_of_lid(1.2), LOWER)
    lid += lid[skin.mirror] * [-1, 1, 1]
    free = _region(skin, offset(apple, 2, 9, -4), (31, 42, 40))
    free &= ~_lids(skin, LID_RINGS) & ~skin.mask("brow_left", "brow_right", "lips", "nose")
    known, handles = _handles(
        skin,
        (
            (offset(apple, 0, 4, 0.5), 6.0, (0.6, 5.6, 3.0)),
            (offset(apple, -9, 8, 3), 4.0, (0.4, 4.0, 2.0)),
            (offset(apple, 9, 10, -6), 4.0, (-0.2, 4.4, 2.4)),
        ),
    )
    known[~(handles & free)] = 0
    field = extend(skin, free & ~handles, known + lid * ~free[:, None])
    gather = crows_feet(eye, skin, 1.6)
    return split(skin, field + gather + gather[skin.mirror] * [-1, 1, 1], 6.0)


def nose_wrinkle(skin):
    """Levator of lip and ala: the side of the nose draws up, its root bunches, the inner brow sinks."""
    ala = skin.points[skin.names["ala_left"]].mean(0)
    root = skin.points[skin.names["nose_bridge"]]
    root = root[np.argmin(np.abs(root[:, 1]))]
    free = _region(skin, offset(ala, -1.5, 17, -3), (27, 44, 42))
    free &= ~_lids(skin, LID_RINGS) & ~skin.mask("lips")
    known, handles = _handles(
        skin,
        (
            (offset(ala, 1.5, 0, -3), 4.5, (1.0, 4.2, -0.4)),
            (offset(ala, 7, 5, -6), 4.0, (0.2, 4.6, 2.0)),
            (offset(root, 7, -7, -3), 3.5, (1.1, 1.6, 1.8)),
            (offset(root, 0, 8, -2), 3.0, (0, -3.0, 0.9)),
            (offset(root, 10, 14, -3), 3.5, (-1.0, -3.2, 1.0)),
        ),
    )
    known[~(handles & free)] = 0
    field = extend(skin, free & ~handles, known)
    crease = offset(skin.points[skin.names["nasolabial_left"][0]], 1.0, -3.0, 0)
    groove = bump(skin.points, crease, (6, 10, 8)) * (free & (skin.points[:, 0] > 0))
    groove -= 0.8 * bump(skin.points, offset(crease, 8, 3, -4), (8, 10, 9)) * free
    field -= (groove + groove[skin.mirror])[:, None] * skin.normals
    return split(skin, field, 6.0)


def nostril_flare(skin):
    """The alae spread; columella and tip stay."""
    ala = skin.points[skin.names["ala_left"]].mean(0)
    hill = bump(skin.points, offset(ala, 1.5, -1.5, -0.5), (11, 11, 13)) * skin.inside
    left = (hill * smoothstep(skin.points[:, 0], 2.0, 10.0))[:, None] * np.array([2.6, 0.4, 0.2])
    left[skin.mask("lips")] = 0
    return split(skin, left + left[skin.mirror] * [-1, 1, 1], 3.0)
