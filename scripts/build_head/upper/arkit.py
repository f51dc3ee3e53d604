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


NO_TURN = (0.0,) * 6


def upper_arkit():
    """ARKit name -> (strengths by expression name, both eyes' axis-angle: left, then right) at ARKit's 1."""
    out = {"browInnerUp": ({"brow_inner_up_left": 1.0, "brow_inner_up_right": 1.0}, NO_TURN)}
    for side, first, outward in (("left", 0, LOOK), ("right", 3, -LOOK)):  # +y turns +z toward +x
        end = side.capitalize()
        for name, strengths in RENAMED.items():
            out[name + end] = {f"{key}_{side}": value for key, value in strengths.items()}, NO_TURN
        looks = {"Up": (-LOOK, 0.0), "Down": (LOOK, 0.0), "Out": (0.0, outward), "In": (0.0, -outward)}
        for way, turn in looks.items():
            eyes = list(NO_TURN)
            eyes[first : first + 2] = turn
            out[f"eyeLook{way}{end}"] = {}, tuple(eyes)
    return out
