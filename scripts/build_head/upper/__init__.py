"""Upper face: brows, lids, cheeks, nose, what the lids do under gaze, and the emotion templates."""

import numpy as np

from . import brows, cheeks, lids
from .arkit import upper_arkit
from .closed import domed
from .emotions import emotion_actions
from .eye import left_eye
from .skin import MILLIMETRES, make_skin, mirrored

__all__ = [
    "UPPER_NAMES",
    "build_upper_expressions",
    "emotion_actions",
    "gaze_correctives",
    "lid_relation",
    "upper_arkit",
]

KINDS = (
    "brow_inner_up", "brow_outer_up", "brow_lower", "blink", "lid_wide", "lid_squint", "cheek_raise",
    "nose_wrinkle", "nostril_flare",
)  # fmt: skip
UPPER_NAMES = tuple(f"{kind}_{side}" for kind in KINDS for side in ("left", "right"))


def build_upper_expressions(template):
    """name -> displacement (V, 3) in metres at strength 1; each right one is the mirror image of its left."""
    skin, eye = make_skin(template), left_eye(template)
    pairs = {
        "brow_inner_up": brows.inner_up(skin),
        "brow_outer_up": brows.outer_up(skin),
        "brow_lower": brows.lower(skin),
        "cheek_raise": cheeks.cheek_raise(eye, skin),
        "nose_wrinkle": cheeks.nose_wrinkle(skin),
        "nostril_flare": cheeks.nostril_flare(skin),
    }
    for name, left in (
        ("blink", domed(eye, skin, lids.blink(eye))),
        ("lid_wide", lids.wide(eye)),
        ("lid_squint", lids.squint(eye, skin)),
    ):
        pairs[name] = left, mirrored(skin, left)
    return {
        f"{kind}_{side}": field / MILLIMETRES
        for kind in KINDS
        for side, field in zip(("left", "right"), pairs[kind], strict=True)
    }


def gaze_correctives(template):
    """Pose correctives (V, 3, 36) in metres: only the columns of the two eye joints are filled."""
    eye = left_eye(template)
    left = lids.gaze(eye)
    flips = np.array([1.0, -1, -1, -1, 1, 1, -1, 1, 1])  # R of the mirrored eye, entry by entry
    right = left[template.mirror] * np.array([-1.0, 1, 1])[:, None] * flips
    columns = np.zeros((*left.shape[:2], 36))
    columns[..., lids.LEFT_EYE_COLUMNS], columns[..., lids.RIGHT_EYE_COLUMNS] = left, right
    return columns / MILLIMETRES


def lid_relation(template):
    """How far the lids are open, and how much blink closes them when the eyes look up or down.

    `closing` has rows (pitch in degrees, positive down; blink strength that just closes). Lids follow the
    gaze, so a blink of strength 1 closes too far when looking down and not quite when looking far up.
    """
    eye = left_eye(template)
    blink, columns = lids.blink(eye), lids.gaze(eye)
    inside = slice(3, -3)
    rows = []
    for pitch in (-30, -20, -10, 0, 10, 20, 30):
        sine, even = np.sin(np.radians(pitch)), np.cos(np.radians(pitch)) - 1
        feature = np.array([0, 0, 0, 0, even, -sine, 0, sine, even])
        looking = eye.points + columns @ feature
        before, after = (lids.gap(eye, looking + s * blink)[inside] for s in (0.0, 1.0))
        rows.append((pitch, round(float((before / (before - after)).max()), 3)))
    return {"opening_mm": round(float(lids.gap(eye, eye.points).max()), 2), "closing": rows}
