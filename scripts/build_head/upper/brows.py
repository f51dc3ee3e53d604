"""Brow raisers and the frown: the brow moves as a volume, the forehead follows softly, the lids stay."""

import numpy as np

from .skin import along, bump, extend, split

LID_RINGS = slice(4, None)  # rings of the eye that no brow may move
FURROWS, FURROW, FURROWS_BEGIN = 2.5, 12.5, 5.0  # number, mm from fold to fold, mm above the brow
MIDLINE = 9.0  # mm on either side within which left and right cross over


def _brow_skin(skin):
    """Free skin of brow shapes: from the fold over the eye to the hair, temple to temple."""
    x, y, z = skin.points.T
    lids = np.zeros(skin.count, bool)
    for side in ("left", "right"):
        lids[skin.names[f"eye_rings_{side}"][LID_RINGS].ravel()] = True
    area = (y > -4) & (y < 70) & (np.abs(x) < 66) & (z > 30)
    low = (y < 7) & (np.abs(x) > 9)  # beside the nose and the outer canthus
    return skin.inside & area & ~low & ~lids & ~skin.mask("left_ear", "right_ear")


def _along_brow(skin):
    """The left brow's vertices and their place along it: 0 inner end, 1 outer end."""
    ids = skin.names["brow_left"]
    line = skin.points[skin.names["brow_line_left"]]
    begin, end = line[:, 0].min(), line[:, 0].max()
    return ids, (skin.points[ids, 0] - begin) / (end - begin)


def _pulled(skin, profile, middle, extra=()):
    """Extends what the brow does over the forehead.

    `profile` has rows (place along the brow, dx, dy, dz); `middle` rows (height above the brow's inner end,
    dx, dy, dz) for the midline; `extra` rows (x, y, radius, dx, dy, dz) for other handles on the left.
    """
    free = _brow_skin(skin)
    known = np.zeros((skin.count, 3))
    ids, place = _along_brow(skin)
    table = np.array(profile)
    known[ids] = np.stack([along(place, table[:, [0, k]]) for k in (1, 2, 3)], 1)
    handles = np.zeros(skin.count, bool)
    handles[ids] = True
    x, y, _ = skin.points.T
    for px, py, radius, *move in extra:
        near = free & (np.hypot(x - px, y - py) < radius) & (skin.points[:, 2] > 30)
        known[near], handles[near] = move, True
    other = handles[skin.mirror]
    known[other] = known[skin.mirror[other]] * [-1, 1, 1]
    handles |= other
    if middle:
        table = np.array(middle)
        on = np.abs(x) < 0.5
        on &= free & (y >= table[0, 0] - 2) & (y <= table[-1, 0] + 2)
        known[on] = np.stack([along(y[on], table[:, [0, k]]) for k in (1, 2, 3)], 1)
        handles |= on
    handles &= free
    known[~handles] = 0
    return extend(skin, free & ~handles, known)


def _furrows(skin, centre, width, amount):
    """Soft horizontal folds of the forehead that follow the raised brow; `centre` is x on the left."""
    x, y, _ = skin.points.T
    brow = skin.points[skin.names["brow_line_left"], 1].mean()
    across = np.exp(-0.5 * ((np.abs(x) - centre) / width) ** 2)
    t = (y - brow - FURROWS_BEGIN) / (FURROWS * FURROW)
    along_forehead = np.where((t > 0) & (t < 1), np.sin(np.pi * t) ** 2, 0)
    wave = -np.cos(2 * np.pi * FURROWS * t)
    return (amount * across * along_forehead * wave * _brow_skin(skin))[:, None] * skin.normals


def inner_up(skin):
    """Frontalis, medial part: the brow turns oblique, the middle of the forehead bunches."""
    profile = (
        (0.0, -0.3, 7.4, 1.4), (0.15, -0.2, 7.6, 1.4), (0.35, 0, 5.6, 0.9), (0.6, 0, 2.2, 0.2),
        (0.8, 0, 0.3, 0), (1.0, 0, -0.4, 0),
    )  # fmt: skip
    middle = ((11, 0, 4.6, 0.8), (18, 0, 5.8, 1.0))
    return split(skin, _pulled(skin, profile, middle) + _furrows(skin, 0, 16, 0.8), MIDLINE)


def outer_up(skin):
    """Frontalis, lateral part: the outer two thirds arch."""
    profile = (
        (0.0, 0, 0.3, 0), (0.2, 0, 1.6, 0), (0.4, 0, 5.2, 0.3), (0.62, 0.3, 8.2, 0.2), (0.8, 0.6, 7.6, -0.2),
        (1.0, 0.6, 4.8, -0.3),
    )  # fmt: skip
    field = _pulled(skin, profile, ((14, 0, 0.2, 0), (18, 0, 0.3, 0)))
    return split(skin, field + _furrows(skin, 36, 14, 0.7), MIDLINE)


def lower(skin):
    """Corrugator and procerus: down and inward, the skin between the brows bulges."""
    profile = (
        (0.0, -2.6, -6.6, 2.2), (0.15, -3.2, -6.6, 2.5), (0.35, -3.0, -5.6, 1.9), (0.6, -1.8, -3.6, 1.0),
        (0.8, -0.8, -1.5, 0.4), (1.0, -0.1, -0.2, 0),
    )  # fmt: skip
    middle = ((6, 0, -2.4, 0.5), (11, 0, -4.2, 0.8), (18, 0, -4.6, 0.5))
    field = _pulled(skin, profile, middle)
    field[:, 2] += (
        0.6
        * (bump(skin.points, (6.5, 10, 92), (6, 9, 12)) + bump(skin.points, (-6.5, 10, 92), (6, 9, 12)))
        * (_brow_skin(skin))
    )
    return split(skin, field, 7.0)
