"""The 128 components: name -> heights (mm) at points of the skin. 1 is a marked, grown-up wrinkle."""

from dataclasses import dataclass

import numpy as np

from ..paint.fields import step
from . import curves
from .relief import bulge, creases, grain, groove, on_skin, pores, window, zone

COUNT = 128
SIDES = ("left", "right")


@dataclass(frozen=True)
class Component:
    name: str
    height: object  # points (N, 3) -> (N,) mm
    texels: int = 1024  # of the texture that it is drawn in


def _line(name, points, width, depth, texels=1024, ends=0.22):
    curve = on_skin(points)
    return Component(name, lambda p: groove(p, curve, width, depth, ends), texels)


def _pair(name, points, width, depth, texels=1024, ends=0.22):
    left = on_skin(points)  # once: projecting the mirrored points would not give the mirrored curve exactly
    return [
        Component(f"{name}_{side}", lambda p, curve=curve: groove(p, curve, width, depth, ends), texels)
        for side, curve in zip(SIDES, (left, left * [-1, 1, 1]), strict=True)
    ]


def _both(name, height, texels=512):
    """A left component and its mirror image."""
    return [
        Component(f"{name}_left", height, texels),
        Component(f"{name}_right", lambda p: height(p * [-1, 1, 1]), texels),
    ]


def upper_face():
    out = [
        _line(f"forehead_{row + 1}_{side}", curves.forehead(row, side), 1.15, 0.42 - 0.04 * row, ends=0.3)
        for row in range(len(curves.FOREHEAD_ROWS))
        for side in ("left", "middle", "right")
    ]
    depths = {"inner": 0.62, "outer": 0.4, "oblique": 0.3}
    for which, points in curves.FROWN.items():
        out += _pair(f"frown_{which}", points, 1.15, depths[which])
    out.append(_line("frown_middle", curves.FROWN_MIDDLE, 1.0, 0.4))
    out += [_line(f"nose_root_{i + 1}", points, 1.1, 0.45) for i, points in enumerate(curves.NOSE_ROOT)]
    for i in range(len(curves.CROWS_FEET)):
        out += _pair(f"crows_foot_{i + 1}", curves.crows_foot(i), 0.85, 0.36)
    for i, points in enumerate(curves.UNDER_EYE):
        out += _pair(f"under_eye_{i + 1}", points, (0.8, 0.9, 1.5)[i], (0.28, 0.26, 0.42)[i])
    out += _both("eye_bag", lambda p: bulge(p, (31, -15, 81), (9, 3.6, 8), 0.9))
    out += _pair("lid_fold", curves.LID_FOLD, 0.9, 0.3)
    return out


def middle_face():
    out = []
    for i, points in enumerate(curves.BUNNY):
        out += _pair(f"bunny_{i + 1}", points, 0.85, 0.36)
    fold = on_skin(curves.NASOLABIAL)
    cheek = fold + np.array([4.2, 1.2, 0.6])

    def nasolabial(low, high):
        def height(p):
            return window(p, fold, low, high) * (
                groove(p, fold, 1.6, 0.85, 0.1) - groove(p, cheek, 3.0, 0.38, 0.1)
            )

        return height

    for i, (low, high) in enumerate(((0.0, 0.33), (0.33, 0.66), (0.66, 1.0))):
        out += _both(f"nasolabial_{i + 1}", nasolabial(low, high), 1024)
    for i, points in enumerate(curves.CHEEK_LINES):
        out += _pair(f"cheek_line_{i + 1}", points, 1.3, 0.4)
    out += _both("dimple", lambda p: -bulge(p, (36.5, -66, 80), (2.6, 3.6, 6), 0.9))
    return out


def lower_face():
    out = []
    for i, points in enumerate(curves.MARIONETTE):
        out += _pair(f"marionette_{i + 1}", points, 1.3, (0.6, 0.4)[i])
    left = curves.CHIN_CREASE["left"]
    out += [
        *_pair("chin_crease", left, 1.5, 0.5),
        _line("chin_crease_middle", curves.CHIN_CREASE["middle"], 1.6, 0.6),
        _line("chin_cleft", curves.CHIN_CLEFT, 1.7, 0.7, ends=0.4),
        *_both("chin_dimples", lambda p: 0.5 * zone(p, (9, -94, 92), (11, 11, 14)) * grain(p, 3.4, 31), 1024),
        Component(
            "chin_dimples_middle",
            lambda p: 0.5 * zone(p, (0, -94, 95), (8, 11, 12)) * grain(p, 3.4, 32),
        ),
        *_pair("jowl", curves.JOWL, 2.0, 0.7),
    ]
    out += _lip_lines()
    for i, x in enumerate(curves.PERIORAL):
        points = [(x, -58.6 - 0.16 * x, 96), (x + 0.4, -55.5 - 0.1 * x, 95), (x + 1.2, -51.5, 94)]
        out += _pair(f"above_lip_{i + 1}", points, 0.7, 0.26)
    out += [_line(f"neck_{row + 1}", curves.neck(row), 1.7, 0.7) for row in range(len(curves.NECK))]
    return out


def _lip_lines():
    """Pairs of fine lines across the red of each lip."""
    out = []
    for lip, top, low in (("upper", -59.6, -65.4), ("lower", -67.6, -75.0)):
        for i, x in enumerate(curves.LIP_LINES):
            lines = []
            for shift in (0.0, curves.LIP_PAIR):
                u = x + shift
                squeeze = 1 - (u / 27) ** 2
                middle = 0.5 * (top + low)
                ends = [middle + squeeze * (y - middle) for y in (top, low)]
                lean = 0.5 if lip == "upper" else -0.4
                lines.append(
                    on_skin([(u - lean, ends[0], 98), (u, sum(ends) / 2, 99), (u + lean, ends[1], 98)])
                )

            def height(p, lines=tuple(lines)):
                return sum(groove(p, line, 0.62, 0.2, 0.25) for line in lines)

            out += _both(f"lip_line_{lip}_{i + 1}", height, 1024)
    return out


def grains():
    """Pores, unevenness and fine criss-cross by zones of the face."""

    def of(kind, centre, radii, amount, *how):
        return lambda p: amount * zone(p, centre, radii) * kind(p, *how)

    cheek, jaw, temple = (38, -34, 74), (44, -70, 50), (55, 14, 60)
    out = [
        Component("pores_nose", of(pores, (0, -30, 100), (20, 26, 26), 0.16, 1.5, 41), 1024),
        *_both("pores_cheek", of(pores, cheek, (24, 24, 26), 0.15, 1.8, 42), 1024),
        Component("pores_forehead", of(pores, (0, 42, 86), (52, 30, 40), 0.12, 1.9, 43), 1024),
        Component("pores_chin", of(pores, (0, -94, 90), (26, 18, 22), 0.14, 1.7, 44), 1024),
        *_both("uneven_forehead", of(grain, (24, 42, 82), (30, 28, 40), 0.20, 6.0, 51)),
        *_both("uneven_cheek", of(grain, cheek, (26, 28, 28), 0.22, 5.5, 52)),
        *_both("uneven_jaw", of(grain, jaw, (26, 26, 34), 0.26, 6.5, 53)),
        Component("uneven_nose", of(grain, (0, -30, 100), (20, 26, 26), 0.18, 4.5, 54), 512),
        *_both("hollow_cheek", lambda p: -bulge(p, (47, -48, 62), (11, 14, 16), 1.1)),
        *_both("hollow_temple", lambda p: -bulge(p, temple, (10, 13, 16), 0.9)),
        *_both("fine_under_eye", of(creases, (33, -14, 79), (18, 9, 18), 0.14, (0.35, 1, 0), 1.9, 61), 1024),
        *_both("fine_cheek", of(creases, (46, -40, 66), (18, 28, 26), 0.15, (1, 0.3, -0.6), 2.6, 62), 1024),
        Component("fine_forehead", of(creases, (0, 42, 86), (50, 26, 40), 0.13, (0, 1, 0.1), 3.4, 63), 1024),
        Component("fine_neck", of(creases, (0, -138, 20), (42, 34, 60), 0.22, (0, 1, 0), 4.2, 64), 512),
    ]
    return out


def components():
    """All of them, in the order of the detail code."""
    out = [*upper_face(), *middle_face(), *lower_face(), *grains()]
    spare = [*_both("tear_trough", lambda p: -bulge(p, (20, -16, 82), (5, 5, 7), 0.6))]
    out += spare
    names = [part.name for part in out]
    assert len(set(names)) == len(names)
    return out


def clear_of_openings(points, edges):
    """0 at the edges of lids, nostrils and lips, 1 from 2.2 mm on: eyes and lips must still close."""
    from scipy.spatial import cKDTree

    return step(0.5, 2.2, cKDTree(edges).query(points)[0])
