"""Shapes that pull the mouth's corners: smile, frown, stretch, dimple, and the whole mouth aside."""

import numpy as np

from .face import smoothstep
from .folds import nasolabial_fold
from .lips import Move, Pull, bump, halves, sealed, spread


def _mirrored_bumps(face, centre, radii, by):
    flip = np.array([-1, 1, 1])
    return bump(face, centre, radii, by) + bump(face, np.array(centre) * flip, radii, np.array(by) * flip)


def smile(face):
    """Zygomatic smile: corners back and up, thinner lips, fuller and higher cheeks, a fold beside."""
    s = face.across
    a = np.abs(s)
    pull = np.sign(s) * a**1.1
    rise = 0.7 * a**2.2 + 0.3 * smoothstep(a, 0, 1)
    thin = -1.1 * (1 - a**2) + 5.0 * a**3 * (1 - a)
    upper = Move(across=7.2 * pull, up=0.8 + 6.4 * rise, out=-1.2, forward=1.6 * a**2, thick=thin)
    lower = Move(across=7.2 * pull, up=0.2 + 7.0 * rise, out=-1.4, forward=1.6 * a**2, thick=thin)
    pulls = (
        Pull(face.middle("cheek_apple_left"), (1.2, 4.0, 1.6)),
        Pull((35, -53, 83), (4.6, 5.0, 0.6)),
        Pull((46, -70, 66), (3.6, 3.4, 0.2)),
        Pull((0, -96, 94), (0, 0.4, 0)),
    )
    moves = spread(face, *sealed(face, upper, lower), pulls, reach=30, tension=60)
    moves += _mirrored_bumps(face, (40, -40, 76), (11, 9, 14), (1.0, 0.4, 1.6))
    return moves + nasolabial_fold(face, ridge=2.0, valley=1.0)


def frown(face):
    s = face.across
    a = np.abs(s)
    pull = np.sign(s) * a**1.5
    rise = 0.5 * a**2.6 + 0.5 * smoothstep(a, 0.2, 1)
    upper = Move(across=1.6 * pull, up=-0.2 - 6.3 * rise, out=-0.6 * a**2, thick=-0.3 * a)
    lower = Move(across=1.6 * pull, up=-6.5 * rise, out=0.4 - 0.8 * a**2)
    pulls = (
        Pull((33, -84, 74), (0.6, -3.4, -0.4)),
        Pull((30, -54, 86), (0.2, -1.6, 0)),
        Pull((0, -96, 94), (0, 0.3, 0)),
    )
    return spread(face, *sealed(face, upper, lower), pulls, reach=26)


def stretch(face):
    s = face.across
    a = np.abs(s)
    pull = 0.9 * np.sign(s) * a**1.1
    upper = Move(across=7.0 * pull, up=-1.4 * a**2, out=-1.2 * (1 - a**2), thick=-1.2 * (1 - a**2))
    lower = Move(
        across=7.0 * pull, up=-0.8 * (1 - a**2) - 1.4 * a**2, out=-1.3 * (1 - a**2), thick=-1.1 * (1 - a**2)
    )
    pulls = (
        Pull((46, -72, 64), (3.4, -1.0, -1.6)),
        Pull((32, -54, 85), (2.4, 0, -0.6)),
        Pull((20, -94, 84), (1.2, -0.8, 0)),
    )
    return spread(face, *sealed(face, upper, lower), pulls, reach=30)


def dimple(face):
    s = face.across
    a = np.abs(s)
    pull = np.sign(s) * a**2.2
    upper = Move(across=2.8 * pull, up=0.6 * a**3, out=-0.3 - 2.8 * a**4, thick=-0.8 * a * (1 - a**2))
    lower = Move(across=2.8 * pull, up=0.8 * a**3, out=-0.3 - 2.8 * a**4, thick=-0.8 * a * (1 - a**2))
    ring = _mirrored_bumps(face, (37, -66, 76), (5, 8, 12), (0.8, 0.2, 0.9))
    return spread(face, *sealed(face, upper, lower), reach=14) + ring


def mouth_aside(face):
    """The closed mouth to the subject's left; not symmetric."""
    s = face.across
    across = 7.0 - 1.2 * s**2
    lift = 1.2 * np.clip(s, 0, 1) ** 2
    upper = Move(across=across, up=lift, out=0.4)
    lower = Move(across=across, up=lift, out=0.4)
    return spread(face, upper, lower, reach=22)


def corner_shapes(face):
    out = {}
    for name, moves, width in (
        ("corner_up", smile(face), 22),
        ("corner_down", frown(face), 22),
        ("stretch", stretch(face), 22),
        ("dimple", dimple(face), 16),
    ):
        out[f"{name}_left"], out[f"{name}_right"] = halves(face, moves, width)
    aside = mouth_aside(face)
    out["mouth_side"] = 0.5 * (aside - face.flipped(aside))
    return out
