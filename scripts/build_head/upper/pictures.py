"""python -m scripts.build_head.upper.pictures [--out DIR] [SHEET ...]: contact sheets of the upper face."""

import argparse
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from ..rig import build_mouth_expressions, build_rig
from ..storage import CACHE, cached_template
from . import build_upper_expressions, emotion_actions, gaze_correctives
from .drawing import Painter
from .posing import posed

FACE = {"yaw": 0, "centre": (0, -32, 70), "span": 190}
FACE_TURNED = {"yaw": 35, "centre": (0, -32, 60), "span": 190}
UPPER = {"yaw": 0, "centre": (0, 6, 75), "span": 120}
TURNED = {"yaw": 38, "centre": (5, 6, 70), "span": 120}
EYE = {"yaw": 5, "centre": (31, 3, 75), "span": 56}
EYE_TURNED = {"yaw": 45, "centre": (33, 3, 72), "span": 56}
EYE_PROFILE = {"yaw": 80, "centre": (31, 3, 74), "span": 56}
UNDER = {"yaw": 0, "pitch": -25, "centre": (0, -30, 90), "span": 80}
NOSE = {"yaw": 35, "centre": (8, -25, 85), "span": 90}
LOOK = np.radians(30)


def both(name, strength=1.0):
    return {f"{name}_left": strength, f"{name}_right": strength}


def blink_sheet():
    steps = (0, 0.25, 0.5, 0.75, 1)
    return [(f"blink {s}", both("blink", s), v) for v in (EYE, EYE_TURNED, EYE_PROFILE) for s in steps], 5


def lid_sheet():
    names = ("lid_wide", "lid_squint", "cheek_raise", "blink")
    return [(n, both(n), v) for n in names for v in (FACE, UPPER, EYE, EYE_TURNED)], 4


def brow_sheet():
    names = ("brow_inner_up", "brow_outer_up", "brow_lower")
    actions = (
        [("rest", {})] + [(n, both(n)) for n in names] + [("outer up, left", {"brow_outer_up_left": 1.0})]
    )
    actions += [("inner + outer", both("brow_inner_up") | both("brow_outer_up"))]
    actions += [("inner + lower", both("brow_inner_up") | both("brow_lower"))]
    return [(n, a, v) for n, a in actions for v in (FACE, UPPER, TURNED, EYE_TURNED)], 8


def nose_sheet():
    actions = [("rest", {})] + [(n, both(n)) for n in ("nose_wrinkle", "nostril_flare", "cheek_raise")]
    actions += [("wrinkle, left", {"nose_wrinkle_left": 1.0})]
    return [(n, a, v) for n, a in actions for v in (FACE, UPPER, UNDER, NOSE)], 4


def gaze_sheet():
    tiles = []
    for p in (-1, 0, 1):
        for y in (-1, 0, 1):
            action = {"eyes": (p * LOOK, y * LOOK, 0.0)}
            tiles += [(f"pitch {30 * p} yaw {30 * y}", action, v) for v in (UPPER, EYE)]
    return tiles, 6


def emotion_sheet():
    tiles = []
    for name, action in emotion_actions().items():
        for level in (0.4, 0.7, 1.0):
            scaled = {key: np.multiply(level, value) for key, value in action.items()}
            tiles += [(f"{name} {level}", scaled, v) for v in ([FACE] if level < 1 else [FACE, FACE_TURNED])]
    return tiles, 8


SHEETS = {
    "blink": blink_sheet, "lids": lid_sheet, "brows": brow_sheet, "nose": nose_sheet, "gaze": gaze_sheet,
    "emotions": emotion_sheet,
}  # fmt: skip


def main():
    options = argparse.ArgumentParser(prog="python -m scripts.build_head.upper.pictures", description=__doc__)
    options.add_argument("sheets", nargs="*", help=f"all if none is named: {', '.join(SHEETS)}")
    options.add_argument("--out", type=Path, default=CACHE)
    options.add_argument("--size", type=int, default=300)
    options.add_argument("--look", default="skin")
    options.add_argument("--no-brows", action="store_true", help="leave the eyebrows out")
    args = options.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    template = cached_template()
    rig = build_rig(template)
    expressions = build_upper_expressions(template) | build_mouth_expressions(template, rig)
    correctives = gaze_correctives(template)
    painter = Painter(template, args.look, not args.no_brows)
    for name in args.sheets or SHEETS:
        tiles, columns = SHEETS[name]()
        page = Image.new("RGB", (columns * args.size, -(-len(tiles) // columns) * args.size), (255, 255, 255))
        for i, (label, action, view) in enumerate(tiles):
            points = posed(template, expressions, correctives, action, rig)
            tile = painter.tile(points, size=args.size, **view)
            ImageDraw.Draw(tile).text((6, 4), label, fill=(40, 40, 40))
            page.paste(tile, ((i % columns) * args.size, (i // columns) * args.size))
        page.save(args.out / f"upper_{name}.png")
        print(args.out / f"upper_{name}.png")


if __name__ == "__main__":
    main()
