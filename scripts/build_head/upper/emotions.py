"""Seven emotions at full level: strengths of the named expressions, and the jaw as axis-angle (radians)."""


def both(**strengths):
    """The same strength on the left and on the right."""
    return {f"{name}_{side}": value for name, value in strengths.items() for side in ("left", "right")}


def emotion_actions():
    angry = both(
        brow_lower=1.0, lid_wide=0.25, lid_squint=0.55, cheek_raise=0.1, nose_wrinkle=0.3, nostril_flare=0.5,
        press=0.5, corner_down=0.25, upper_lip_raise=0.15,
    )  # fmt: skip
    contempt = both(blink=0.15) | {
        "brow_outer_up_left": 0.25, "brow_lower_right": 0.15, "lid_squint_left": 0.2, "cheek_raise_left": 0.2,
        "nose_wrinkle_left": 0.15, "corner_up_left": 0.45, "dimple_left": 0.85, "press_left": 0.35,
        "upper_lip_raise_left": 0.15, "dimple_right": 0.1, "chin_raise": 0.15,
    }  # fmt: skip
    disgust = both(
        brow_lower=0.55, blink=0.1, lid_squint=0.45, cheek_raise=0.4, nose_wrinkle=0.9,
        upper_lip_raise=0.6, corner_down=0.35, lower_lip_depress=0.15,
    ) | {"chin_raise": 0.35}  # fmt: skip
    fear = both(
        brow_inner_up=0.9, brow_outer_up=0.45, brow_lower=0.35, lid_wide=1.0, nostril_flare=0.3,
        stretch=0.75, lower_lip_depress=0.3,
    ) | {"jaw": (0.10, 0, 0)}  # fmt: skip
    happy = both(
        brow_outer_up=0.1, lid_squint=0.4, cheek_raise=0.8, nostril_flare=0.15,
        corner_up=0.85, dimple=0.15, stretch=0.2, upper_lip_raise=0.3,
    ) | {"jaw": (0.05, 0, 0)}  # fmt: skip
    sad = both(
        brow_inner_up=0.9, brow_lower=0.3, blink=0.22, lid_squint=0.1, cheek_raise=0.15, corner_down=0.75,
    ) | {"chin_raise": 0.5, "roll_out_lower": 0.15}  # fmt: skip
    surprise = both(brow_inner_up=0.85, brow_outer_up=0.95, lid_wide=0.9) | {
        "funnel": 0.15, "jaw": (0.28, 0, 0)
    }  # fmt: skip
    return {
        "angry": angry, "contempt": contempt, "disgust": disgust, "fear": fear, "happy": happy, "sad": sad,
        "surprise": surprise,
    }  # fmt: skip
