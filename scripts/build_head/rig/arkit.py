"""ARKit's names for mouth, jaw, tongue and cheek as strengths of our expressions and a jaw rotation."""

import numpy as np

OPEN = float(np.radians(20))
STILL = (0.0, 0.0, 0.0)


def _both(name, value=1.0):
    return {f"{name}_left": value, f"{name}_right": value}


def mouth_arkit():
    """ARKit name -> (strengths, jaw axis-angle)."""
    out = {
        "jawOpen": ({}, (OPEN, 0.0, 0.0)),
        "jawForward": ({"jaw_forward": 1.0}, STILL),
        "jawLeft": ({"jaw_side": 1.0}, STILL),
        "jawRight": ({"jaw_side": -1.0}, STILL),
        "mouthClose": ({"mouth_close": 1.0}, STILL),
        "mouthFunnel": ({"funnel": 1.0}, STILL),
        "mouthPucker": ({"pucker": 1.0}, STILL),
        "mouthLeft": ({"mouth_side": 1.0}, STILL),
        "mouthRight": ({"mouth_side": -1.0}, STILL),
        "mouthRollUpper": ({"roll_in_upper": 1.0}, STILL),
        "mouthRollLower": ({"roll_in_lower": 1.0}, STILL),
        "mouthShrugUpper": ({"chin_raise": 0.4, "roll_out_upper": 0.3}, STILL),
        "mouthShrugLower": ({"chin_raise": 1.0}, STILL),
        "cheekPuff": (_both("puff"), STILL),
        "tongueOut": ({"tongue_out": 1.0}, STILL),
    }
    for side in ("left", "right"):
        end = side.title()
        out |= {
            f"mouthSmile{end}": ({f"corner_up_{side}": 1.0}, STILL),
            f"mouthFrown{end}": ({f"corner_down_{side}": 1.0}, STILL),
            f"mouthDimple{end}": ({f"dimple_{side}": 1.0}, STILL),
            f"mouthStretch{end}": ({f"stretch_{side}": 1.0}, STILL),
            f"mouthPress{end}": ({f"press_{side}": 1.0}, STILL),
            f"mouthUpperUp{end}": ({f"upper_lip_raise_{side}": 1.0}, STILL),
            f"mouthLowerDown{end}": ({f"lower_lip_depress_{side}": 1.0}, STILL),
        }
    return out
