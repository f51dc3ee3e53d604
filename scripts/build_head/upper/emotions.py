"""Seven emotions at full level: strengths of the named expressions, and the jaw as axis-angle (radians)."""


def both(**strengths):
    """The same strength on the left and on the right."""
    return {f"{name}_{side}": value for name, value in strengths.items() for side in ("left", "right")}


def emotion_actions():
    angry = both(
        brow_lower=1.0, lid_wide=0.45, lid_squint=0.6, nose_wrinkle=0.35, nostril_flare=0.7,
        press=0.8, corner_down=0.3, stretch=0.15,
    ) | {"chin_raise": 0.3, "roll_in_upper": 0.2, "roll_in_lower": 0.2}  # fmt: skip
    contempt = both(blink=0.2) | {
        "brow_outer_up_left": 0.45, "brow_lower_right": 0.3, "lid_squint_left": 0.25, "cheek_raise_left": 0.3,
        "nose_wrinkle_left": 0.25, "corner_up_left": 0.6, "dimple_left": 0.55, "press_left": 0.4,
        "upper_lip_raise_left": 0.15, "press_right": 0.2, "chin_raise": 0.2,
    }  # fmt: skip
    disgust = both(
        brow_lower=0.7, blink=0.12, lid_squint=0.75, cheek_raise=0.5, nose_wrinkle=1.0, nostril_flare=0.2,
        upper_lip_raise=0.6, corner_down=0.4, lower_lip_depress=0.15,
    ) | {"chin_raise": 0.4, "roll_out_lower": 0.2}  # fmt: skip
    fear = both(
        brow_inner_up=1.0, brow_outer_up=0.45, brow_lower=0.35, lid_wide=1.0, lid_squint=0.2,
        nostril_flare=0.3, stretch=0.9, lower_lip_depress=0.35, corner_down=0.15,
    ) | {"jaw": (0.10, 0, 0)}  # fmt: skip
    happy = both(
        brow_outer_up=0.1, blink=0.1, lid_squint=0.6, cheek_raise=1.0, nostril_flare=0.15,
        corner_up=0.9, dimple=0.1, stretch=0.15, upper_lip_raise=0.3,
    ) | {"jaw": (0.06, 0, 0)}  # fmt: skip
    sad = both(
        brow_inner_up=1.0, brow_lower=0.3, blink=0.25, lid_squint=0.1, cheek_raise=0.2, corner_down=0.85,
    ) | {"chin_raise": 0.55, "roll_out_lower": 0.25}  # fmt: skip
    surprise = both(brow_inner_up=0.95, brow_outer_up=1.0, lid_wide=0.9) | {
        "funnel": 0.15, "jaw": (0.30, 0, 0)
    }  # fmt: skip
    return {
        "angry": angry, "contempt": contempt, "disgust": disgust, "fear": fear, "happy": happy, "sad": sad,
        "surprise": surprise,
    }  # fmt: skip
