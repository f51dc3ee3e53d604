"""Shapes of the lips themselves: raise, lower, press, pucker, funnel, roll, bite."""

import numpy as np

from .lips import LIP_RINGS, Move, Pull, depth, halves, sealed, spread


def upper_raise(face):
    a = np.abs(face.across)
    lift = 4.6 * (1 - a**2) ** 1.2 + 2.6 * a * (1 - a**2) + 0.5
    upper = Move(up=lift, out=0.5 * (1 - a**2), roll=0.10 * (1 - a**2))
    pulls = (
        Pull((19, -46, 93), (0.2, 2.6, 0.2)),
        Pull((30, -46, 86), (0.3, 2.2, 0.5)),
        Pull((0, -54.5, 97), (0, 1.4, 0.3)),
    )
    return spread(face, upper, Move(up=0.4 * a**4), pulls, reach=18)


def lower_depress(face):
    a = np.abs(face.across)
    drop = 4.2 * (1 - a**2) ** 1.2 + 3.2 * a * (1 - a**2) + 0.6
    lower = Move(
        up=-drop, out=0.4 * (1 - a**2), roll=0.12 * (1 - a**2), across=0.8 * face.across * (1 - a**2)
    )
    pulls = (Pull((0, -85, 90.5), (0, -2.4, 0.6)), Pull((18, -90, 86), (0.2, -2.2, 0.2)))
    return spread(face, Move(up=-0.6 * a**4), lower, pulls, reach=18)


def press(face):
    a = np.abs(face.across)
    c = (1 - a**2.5) ** 0.9
    toward = (1 - depth(LIP_RINGS))[:, None]
    upper = Move(tuck=1.0 * c, up=-1.0 * toward * c, forward=-1.2 * c)
    lower = Move(tuck=0.9 * c, up=1.0 * toward * c, forward=-1.0 * c)
    pulls = (Pull((0, -54, 97), (0, -0.6, 0.4)), Pull((0, -83, 90.3), (0, 0.9, 0.9)))
    return spread(face, *sealed(face, upper, lower), pulls, reach=18)


def pucker(face):
    s = face.across
    a = np.abs(s)
    across = -11.0 * np.sign(s) * a**0.9
    forward = 7.0 - 6.0 * a**1.5
    full = 0.4 * (1 - a**2) + 2.4 * a**2 * (1 - a**2)
    upper = Move(across=across, forward=forward, thick=full, roll=0.14 * (1 - a**2))
    lower = Move(across=across, forward=forward, thick=full, roll=0.14 * (1 - a**2))
    pulls = (Pull((44, -66, 68), (-3.4, 0, 1.8)), Pull((0, -54, 97), (0, -0.4, 2.0)))
    return spread(face, *sealed(face, upper, lower), pulls, reach=36)


def funnel(face):
    s = face.across
    a = np.abs(s)
    c = np.sqrt(np.clip(1 - a**2.2, 0, 1))
    across = -8.5 * np.sign(s) * a**0.9
    forward = 5.5 - 4.5 * a**1.5
    upper = Move(across=across, forward=forward, up=3.2 * c, roll=0.30 * c)
    lower = Move(across=across, forward=forward, up=-4.2 * c, roll=0.30 * c)
    pulls = (Pull((44, -66, 68), (-2.6, 0, 1.4)), Pull((0, -54, 97), (0, 0.8, 2.0)))
    return spread(face, upper, lower, pulls, reach=36)


def rolled(face, side, amount):
    """One lip turned inward (negative) or outward over the teeth."""
    a = np.abs(face.across)
    c = (1 - a**3) ** 0.7
    toward = (1 - depth(LIP_RINGS))[:, None]
    sign = -1 if side == "upper" else 1
    if amount < 0:
        lip = Move(tuck=1.9 * c, forward=-1.6 * c, up=sign * 0.8 * toward * c)
    else:
        lip = Move(tuck=-0.8 * c, roll=0.30 * c, forward=2.0 * c, up=-sign * 0.8 * toward * c)
    upper, lower = (lip, Move()) if side == "upper" else (Move(), lip)
    return spread(face, *sealed(face, upper, lower), reach=18)


def bite(face):
    """The lower lip drawn in and up under the upper teeth, which the upper lip uncovers."""
    a = np.abs(face.across)
    c = (1 - a**3) ** 0.8
    beside = np.exp(-(((a - 0.45) / 0.32) ** 2))
    lower = Move(tuck=1.0 * c, up=2.4 * c + 0.9 * beside, forward=-5.0 * c - 1.4 * beside, roll=-0.15 * c)
    upper = Move(up=1.6 * c)
    pulls = (Pull((0, -84, 90), (0, 1.6, -0.8)), Pull((0, -98, 94.5), (0, 1.2, 0.4)))
    return spread(face, *sealed(face, upper, lower, may_part=True), pulls, reach=18)


def lip_shapes(face):
    out = {}
    for name, moves, width in (
        ("upper_lip_raise", upper_raise(face), 16),
        ("lower_lip_depress", lower_depress(face), 16),
        ("press", press(face), 13),
    ):
        out[f"{name}_left"], out[f"{name}_right"] = halves(face, moves, width)
    out |= {"pucker": pucker(face), "funnel": funnel(face), "bite": bite(face)}
    for side in ("upper", "lower"):
        out[f"roll_in_{side}"], out[f"roll_out_{side}"] = rolled(face, side, -1), rolled(face, side, 1)
    symmetric = (
        "pucker",
        "funnel",
        "bite",
        "roll_in_upper",
        "roll_in_lower",
        "roll_out_upper",
        "roll_out_lower",
    )
    return {name: face.symmetric(moves) if name in symmetric else moves for name, moves in out.items()}
