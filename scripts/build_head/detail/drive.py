"""Which components a face's own motion and age deepen: component -> expression or shape name -> strength.

Only the positive part of an expression or shape counts. A wrinkle lies across the pull of its muscle.
"""

SIDES = ("left", "right")


def _sided(table):
    """Both sides; `*` in a component or an expression stands for the side."""
    out = {}
    for side in SIDES:
        for part, pulls in table.items():
            sided = out.setdefault(part.replace("*", side), {})
            for name, value in pulls.items():
                sided[name.replace("*", side)] = value
    return out


def _forehead():
    out = {}
    for row in range(1, 6):
        fall = (0.9, 1.0, 1.0, 0.85, 0.6)[row - 1]
        for side in SIDES:
            out[f"forehead_{row}_{side}"] = {
                f"brow_outer_up_{side}": 0.75 * fall, f"brow_inner_up_{side}": 0.45 * fall
            }  # fmt: skip
        out[f"forehead_{row}_middle"] = {
            f"{pull}_{side}": strength * fall
            for pull, strength in (("brow_inner_up", 0.5), ("brow_outer_up", 0.15))
            for side in SIDES
        }
    return out


_UPPER = {
    "frown_inner_*": {"brow_lower_*": 1.0, "brow_inner_up_*": 0.15},
    "frown_outer_*": {"brow_lower_*": 0.7},
    "frown_oblique_*": {"brow_inner_up_*": 0.5, "brow_lower_*": 0.3},
    "crows_foot_1_*": {"lid_squint_*": 0.45, "cheek_raise_*": 0.35, "blink_*": 0.08},
    "crows_foot_2_*": {"lid_squint_*": 0.55, "cheek_raise_*": 0.55, "blink_*": 0.1},
    "crows_foot_3_*": {"lid_squint_*": 0.55, "cheek_raise_*": 0.7, "blink_*": 0.1},
    "crows_foot_4_*": {"lid_squint_*": 0.4, "cheek_raise_*": 0.8},
    "crows_foot_5_*": {"cheek_raise_*": 0.65},
    "under_eye_1_*": {"lid_squint_*": 0.6, "cheek_raise_*": 0.4},
    "under_eye_2_*": {"lid_squint_*": 0.5, "cheek_raise_*": 0.7, "nose_wrinkle_*": 0.3},
    "under_eye_3_*": {"cheek_raise_*": 0.5, "nose_wrinkle_*": 0.3},
    "eye_bag_*": {"lid_squint_*": 0.35, "cheek_raise_*": 0.3},
    "lid_fold_*": {"brow_lower_*": 0.3, "lid_wide_*": 0.4},
}
_MIDDLE = {
    "bunny_1_*": {"nose_wrinkle_*": 0.9},
    "bunny_2_*": {"nose_wrinkle_*": 1.0, "cheek_raise_*": 0.1},
    "bunny_3_*": {"nose_wrinkle_*": 0.8, "cheek_raise_*": 0.1},
    "bunny_4_*": {"nose_wrinkle_*": 0.5},
    "nasolabial_1_*": {
        "nose_wrinkle_*": 0.7, "upper_lip_raise_*": 0.5, "corner_up_*": 0.55, "cheek_raise_*": 0.35,
        "stretch_*": 0.15,
    },
    "nasolabial_2_*": {
        "corner_up_*": 0.7, "cheek_raise_*": 0.35, "stretch_*": 0.3, "nose_wrinkle_*": 0.35, "dimple_*": 0.2,
        "upper_lip_raise_*": 0.3,
    },
    "nasolabial_3_*": {"corner_up_*": 0.5, "stretch_*": 0.35, "dimple_*": 0.25},
    "cheek_line_1_*": {"corner_up_*": 0.55, "dimple_*": 0.5, "stretch_*": 0.35},
    "cheek_line_2_*": {"corner_up_*": 0.3, "stretch_*": 0.2},
    "cheek_line_3_*": {"cheek_raise_*": 0.6},
    "dimple_*": {"dimple_*": 0.6, "corner_up_*": 0.2},
    "marionette_1_*": {"corner_down_*": 0.8, "press_*": 0.15},
    "marionette_2_*": {"corner_down_*": 0.4},
    "chin_crease_*": {"corner_down_*": 0.2, "press_*": 0.2},
    "jowl_*": {},
}  # fmt: skip


def _lower():
    out = {
        "chin_crease_middle": {"chin_raise": 0.9, "roll_out_lower": 0.2},
        "chin_crease_left": {"chin_raise": 0.6},
        "chin_crease_right": {"chin_raise": 0.6},
        "chin_dimples_left": {"chin_raise": 0.9},
        "chin_dimples_middle": {"chin_raise": 0.9},
        "chin_dimples_right": {"chin_raise": 0.9},
        "frown_middle": {"brow_lower_left": 0.3, "brow_lower_right": 0.3},
        "nose_root_1": {"brow_lower_left": 0.35, "brow_lower_right": 0.35, "nose_wrinkle_left": 0.4,
                        "nose_wrinkle_right": 0.4},
        "nose_root_2": {"nose_wrinkle_left": 0.5, "nose_wrinkle_right": 0.5},
    }  # fmt: skip
    for side in SIDES:
        for i in range(1, 5):
            out[f"lip_line_upper_{i}_{side}"] = {"pucker": 0.9, "funnel": 0.3, f"press_{side}": 0.2}
            out[f"lip_line_lower_{i}_{side}"] = {"pucker": 1.0, "funnel": 0.3, f"press_{side}": 0.2}
        for i in range(1, 4):
            out[f"above_lip_{i}_{side}"] = {"pucker": 0.8, f"press_{side}": 0.25}
    return out


def by_expression():
    table = _forehead() | _sided(_UPPER) | _sided(_MIDDLE)
    for part, pulls in _lower().items():
        table[part] = table.get(part, {}) | pulls
    return {part: pulls for part, pulls in table.items() if pulls}


AGING = {  # part of a name -> what a standard deviation of age adds
    "forehead_": 0.22, "frown_inner": 0.3, "frown_outer": 0.2, "crows_foot": 0.26, "under_eye": 0.22,
    "eye_bag": 0.3, "nasolabial": 0.4, "marionette": 0.28, "jowl": 0.15, "cheek_line": 0.1, "neck_": 0.3,
    "above_lip": 0.2, "hollow_": 0.25, "fine_": 0.4, "uneven_": 0.15, "chin_crease": 0.15, "nose_root": 0.12,
}  # fmt: skip


def by_shape(names):
    """For components by these names: the shape basis's age."""
    out = {}
    for name in names:
        for start, value in AGING.items():
            if name.startswith(start):
                out[name] = {"older": value}
    return out
