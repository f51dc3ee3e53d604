"""Speech shapes: strengths of expressions and a jaw angle; where things touch, the strength is solved for."""

import numpy as np
from scipy.optimize import brentq

from .arkit import _both
from .build import in_millimetres
from .face import MM, face_of
from .measure import apertures, lip_to_upper_teeth
from .pose import pose


class Speaker:
    """The posed mouth for given strengths, in millimetres."""

    def __init__(self, template, rig, expressions):
        self.face = face_of(template)
        self.rig = in_millimetres(template, rig)
        self.moves = {name: moves * MM for name, moves in expressions.items()}

    def posed(self, strengths, degrees):
        jaw = np.radians([degrees, 0, 0]) if np.ndim(degrees) == 0 else degrees
        points = self.face.points + sum(value * self.moves[name] for name, value in strengths.items())
        return pose(points, self.rig.skinning, self.rig.pose_basis, self.rig.hinge, jaw)

    def edge(self, points, jaw):
        """Height of the biting edge of a jaw's middle incisors."""
        heights = points[
            np.r_[tuple(self.face.names[f"teeth_{jaw}_{side}_1"] for side in ("left", "right"))], 1
        ]
        return heights.min() if jaw == "upper" else heights.max()

    def tip(self, points):
        return points[self.face.names["tongue_tip"]]


def _solve(function, low, high):
    """Where a monotonic function is zero; the better end if it does not change its sign."""
    a, b = function(low), function(high)
    if a * b > 0:
        return low if abs(a) < abs(b) else high
    return float(brentq(function, low, high, xtol=1e-4))


def _lips_together(speaker):
    base = _both("press", 0.45) | {"roll_in_upper": 0.1, "roll_in_lower": 0.1}
    degrees = 2.0

    def gap(close):
        return apertures(speaker.face, speaker.posed(base | {"mouth_close": close}, degrees), 0.8).mean()

    return base | {"mouth_close": _solve(gap, 0.0, 0.4)}, degrees


def _lip_on_teeth(speaker):
    base = _both("upper_lip_raise", 0.4) | _both("corner_down", 0.05)
    degrees = 3.0

    def gap(bite):
        points = speaker.posed(base | {"bite": bite}, degrees)
        return lip_to_upper_teeth(speaker.face, points).min() - 0.147

    return base | {"bite": _solve(gap, 0.2, 1.8)}, degrees


def _tongue_between_teeth(speaker):
    base = _both("lower_lip_depress", 0.45) | _both("upper_lip_raise", 0.2)
    degrees = 6.0
    edges = [speaker.edge(speaker.posed(base, degrees), jaw) for jaw in ("upper", "lower")]
    between = np.mean(edges) - 0.2  # the upper teeth touch it, the lower ones are near
    tongue = {"tongue_out": 0.4, "tongue_up": 0.4}
    for _ in range(3):

        def reach(out):
            return speaker.tip(speaker.posed(base | tongue | {"tongue_out": out}, degrees))[:, 2].max() - 96.0

        tongue["tongue_out"] = _solve(reach, 0.05, 1.0)

        def height(up):
            points = speaker.posed(base | tongue | {"tongue_up": up}, degrees)
            return speaker.tip(points)[:, 1].mean() - between

        tongue["tongue_up"] = _solve(height, -0.5, 2.0)
    return base | tongue, degrees


def _tip_at_ridge(speaker, base, degrees, below):
    def height(up):
        return speaker.tip(speaker.posed(base | {"tongue_up": up}, degrees))[:, 1].max() + 62.0 + below

    return base | {"tongue_up": _solve(height, 0.1, 2.0)}, degrees


def _fixed_shapes():
    """Shapes without contact: strengths and jaw opening in degrees."""
    show = _both("upper_lip_raise", 0.3) | _both("lower_lip_depress", 0.55)
    return {
        "SZ": (show | _both("stretch", 0.35), 1.9),
        "SHCH": (_both("lower_lip_depress", 0.1) | {"funnel": 0.7, "pucker": 0.1}, 2.2),
        "R": ({"funnel": 0.45, "pucker": 0.3, "tongue_back": 0.4}, 4.0),
        "W": ({"pucker": 0.95, "funnel": 0.22}, 1.6),
        "EE": (show | _both("stretch", 0.5) | _both("corner_up", 0.25), 3.0),
        "IH": (_both("stretch", 0.3) | _both("lower_lip_depress", 0.25) | _both("upper_lip_raise", 0.15), 5),
        "EH": (_both("stretch", 0.35) | _both("corner_up", 0.1) | _both("lower_lip_depress", 0.2), 9.0),
        "AH": (_both("upper_lip_raise", 0.15) | _both("lower_lip_depress", 0.15), 17.0),
        "UH": (_both("lower_lip_depress", 0.1), 7.0),
        "OH": ({"funnel": 0.7, "pucker": 0.35}, 10.0),
        "AW": ({"funnel": 0.55, "pucker": 0.1}, 14.0),
        "K": (_both("stretch", 0.1) | {"tongue_back": 1.0}, 6.0),
    }  # fmt: skip


def speech_actions(template, rig, expressions):
    """Name -> (strengths, jaw axis-angle)."""
    speaker = Speaker(template, rig, expressions)
    shapes = _fixed_shapes() | {
        "MBP": _lips_together(speaker),
        "FV": _lip_on_teeth(speaker),
        "TH": _tongue_between_teeth(speaker),
        "TDN": _tip_at_ridge(speaker, _both("stretch", 0.15) | _both("lower_lip_depress", 0.3), 4.0, 0.0),
        "L": _tip_at_ridge(
            speaker, _both("lower_lip_depress", 0.2) | _both("upper_lip_raise", 0.15), 8.0, 0.5
        ),
    }
    return {
        name: ({k: float(v) for k, v in strengths.items()}, (float(np.radians(degrees)), 0.0, 0.0))
        for name, (strengths, degrees) in shapes.items()
    }
