"""Contact sheets for looking at the rig: `python -m scripts.build_head.rig.sheets folder [set …]`."""

import sys
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from ..storage import cached_template
from ..upper.drawing import Painter
from . import MOUTH_NAMES, build_mouth_expressions, build_rig, speech_actions
from .build import SIDED
from .speech import Speaker

MOUTH = {"centre": (0, -62, 60), "span": 150, "size": 240}  # millimetres, pixels
VIEWS = {  # degrees
    "front": {"yaw": 0.0, "pitch": 0.0},
    "turned": {"yaw": 40.0, "pitch": 2.0},
    "side": {"yaw": 90.0, "pitch": 0.0},
    "below": {"yaw": 20.0, "pitch": -25.0},
}


def sheet(rows, columns=None):
    """One picture of labelled tiles: a list of (label, [tile, …])."""
    size = rows[0][1][0].width
    per = len(rows[0][1])
    columns = columns or 6
    across = max(columns // per, 1)
    lines = -(-len(rows) // across)
    page = Image.new("RGB", (min(across, len(rows)) * per * size, lines * size), (255, 255, 255))
    for i, (label, tiles) in enumerate(rows):
        for k, tile in enumerate(tiles):
            page.paste(tile, (((i % across) * per + k) * size, (i // across) * size))
        ImageDraw.Draw(page).text(
            ((i % across) * per * size + 5, (i // across) * size + 3), label, fill=(30, 30, 60)
        )
    return page


def _poses(speaker):
    """Named sets of (label, strengths, jaw degrees)."""
    both = lambda name: {f"{name}_left": 1.0, f"{name}_right": 1.0}  # noqa: E731
    extra = {
        "mouth_close": 20.0,
        "tongue_out": 12.0,
        "tongue_up": 10.0,
        "tongue_back": 14.0,
        "tongue_side": 14.0,
    }
    return {
        "single": [(name, {name: 1.0}, extra.get(name, 0.0)) for name in MOUTH_NAMES],
        "pairs": [(f"{name} both", both(name), 0.0) for name in SIDED]
        + [("jaw_side -1", {"jaw_side": -1.0}, 0.0), ("mouth_side -1", {"mouth_side": -1.0}, 0.0),
           ("smile + 12", both("corner_up"), 12.0), ("pucker + 8", {"pucker": 1.0}, 8.0)],
        "jaw": [(f"jaw {d}", {}, float(d)) for d in (0, 5, 10, 20, 30)],
    }  # fmt: skip


def write_sheets(template, folder, only=()):
    """All sheets as PNG files."""
    rig = build_rig(template)
    expressions = build_mouth_expressions(template, rig)
    speaker = Speaker(template, rig, expressions)
    sets = _poses(speaker)
    sets["speech"] = [
        (name, strengths, float(np.degrees(jaw[0])))
        for name, (strengths, jaw) in speech_actions(template, rig, expressions).items()
    ]
    painter = Painter(template, brows=False)
    for name, poses in sets.items():
        if only and name not in only:
            continue
        views = ("front", "turned", "side", "below") if name == "jaw" else ("front", "turned")
        rows = []
        for label, strengths, degrees in poses:
            points = speaker.posed(strengths, degrees) / 1000
            rows.append((label, [painter.tile(points, **VIEWS[view], **MOUTH) for view in views]))
        sheet(rows, 4 if name == "jaw" else 8).save(Path(folder) / f"rig_{name}.png")


if __name__ == "__main__":
    target, *only = sys.argv[1:]
    write_sheets(cached_template(), target, only)
