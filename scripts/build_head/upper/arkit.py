"""ARKit's upper-face shapes in terms of the named expressions and of eye rotations (axis-angle, radians)."""

import math

LOOK = math.radians(30.0)
RENAMED = {
    "browOuterUp": {"brow_outer_up": 1.0},
    "browDown": {"brow_lower": 1.0},
    "eyeBlink": {"blink": 1.0},
    "eyeWide": {"lid_wide": 1.0},
    "eyeSquint": {"lid_squint": 1.0},
    "cheekSquint": {"cheek_raise": 1.0},
    "noseSneer": {"nose_wrinkle": 1.0, "nostril_flare": 0.2},
}


def upper_arkit():
    """ARKit name -> {"expression name": strength, "left_eye" or "right_eye": axis-angle} at ARKit's 1."""
    out = {"browInnerUp": {"brow_inner_up_left": 1.0, "brow_inner_up_right": 1.0}}
    for side in ("left", "right"):
        for name, strengths in RENAMED.items():
            out[name + side.capitalize()] = {f"{key}_{side}": value for key, value in strengths.items()}
        outward = LOOK if side == "left" else -LOOK  # about +y: turns +z toward +x
        looks = {
            "Up": (-LOOK, 0.0, 0.0),
            "Down": (LOOK, 0.0, 0.0),
            "Out": (0.0, outward, 0.0),
            "In": (0.0, -outward, 0.0),
        }
        for way, turn in looks.items():
            out[f"eyeLook{way}{side.capitalize()}"] = {f"{side}_eye": turn}
    return out
