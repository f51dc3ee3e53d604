"""python -m scripts.build_head.upper.pictures [--out DIR] [SHEET ...]: contact sheets of the upper face."""

import argparse
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from .. import preview
from . import build_upper_expressions, emotion_actions, gaze_correctives
from .posing import load_template, posed

OUT = Path(__file__).resolve().parents[3] / "out"
BROW_TINT = np.array([96, 66, 52.0])
FACE = {"yaw": 0, "centre": (0, -28, 70), "span": 170}
UPPER = {"yaw": 0, "centre": (0, 6, 75), "span": 110}
TURNED = {"yaw": 38, "centre": (5, 6, 70), "span": 110}
EYE = {"yaw": 5, "centre": (31, 3, 75), "span": 56}
EYE_TURNED = {"yaw": 45, "centre": (33, 3, 72), "span": 56}
EYE_PROFILE = {"yaw": 88, "centre": (31, 3, 74), "span": 56}
LOOK = np.radians(30)


def colours(template):
    """Face colours of the preview, with the eyebrows painted on."""
    from ..template import MATERIALS

    base = np.array([preview.COLOURS[m] for m in MATERIALS], float)[template.material]
    middle = template.vertices[template.quads.clip(0)].mean(1) * 1e3
    for side in ("left", "right"):
        line = template.vertices[template.names[f"brow_line_{side}"]] * 1e3
        fine = np.stack(
            [np.interp(np.linspace(0, 1, 80), np.linspace(0, 1, len(line)), c) for c in line.T], 1
        )
        apart = np.linalg.norm(middle[:, None] - fine[None], axis=2).min(1)
        hair = 0.6 * np.clip(1 - (apart - 2.5) / 2.5, 0, 1)[:, None] * (template.material[:, None] == 0)
        base = base * (1 - hair) + BROW_TINT * hair
    return base


def both(name, strength=1.0):
    return {f"{name}_left": strength, f"{name}_right": strength}


def page(template, expressions, correctives, tiles, columns, size=300):
    """A sheet of (label, action, view)."""
    paint = colours(template)
    rows = -(-len(tiles) // columns)
    sheet = Image.new("RGB", (columns * size, rows * size), preview.BACKGROUND)
    for i, (label, action, view) in enumerate(tiles):
        points = posed(template, expressions, correctives, action) * 1e3
        tile = preview.render(points, template.quads, paint, size=size, **view)
        ImageDraw.Draw(tile).text((6, 4), label, fill=(40, 40, 40))
        sheet.paste(tile, ((i % columns) * size, (i // columns) * size))
    return sheet


def blink_sheet():
    steps = (0, 0.25, 0.5, 0.75, 1)
    return [(f"blink {s}", both("blink", s), v) for v in (EYE, EYE_TURNED, EYE_PROFILE) for s in steps], 5


def lid_sheet():
    names = ("lid_wide", "lid_squint", "cheek_raise", "blink")
    return [(n, both(n), v) for n in names for v in (FACE, UPPER, EYE, EYE_TURNED)], 4


def brow_sheet():
    names = ("brow_inner_up", "brow_outer_up", "brow_lower")
    actions = [(n, both(n)) for n in names] + [("outer up, left", {"brow_outer_up_left": 1.0})]
    actions += [("inner + outer", both("brow_inner_up") | both("brow_outer_up"))]
    actions += [("inner + lower", both("brow_inner_up") | both("brow_lower"))]
    rest = ("rest", {})
    return [(n, a, v) for n, a in (rest, *actions) for v in (FACE, UPPER, TURNED, EYE_PROFILE)], 4


def nose_sheet():
    under = {"yaw": 0, "pitch": -25, "centre": (0, -30, 90), "span": 80}
    side = {"yaw": 35, "centre": (8, -25, 85), "span": 90}
    actions = [("rest", {})] + [(n, both(n)) for n in ("nose_wrinkle", "nostril_flare", "cheek_raise")]
    actions += [("wrinkle, left", {"nose_wrinkle_left": 1.0})]
    return [(n, a, v) for n, a in actions for v in (FACE, UPPER, under, side)], 4


def gaze_sheet():
    turns = [(p, y) for p in (-1, 0, 1) for y in (-1, 0, 1)]
    tiles = []
    for p, y in turns:
        action = {"eyes": (p * LOOK, y * LOOK, 0.0)}
        tiles += [(f"pitch {30 * p} yaw {30 * y}", action, v) for v in (UPPER, EYE)]
    return tiles, 6


def emotion_sheet():
    tiles = []
    for name, action in emotion_actions().items():
        for level in (0.4, 0.7, 1.0):
            strengths = {k: v * level for k, v in action.items() if k != "jaw"}
            tiles.append((f"{name} {level}", strengths, FACE))
    return tiles, 6


SHEETS = {
    "blink": blink_sheet, "lids": lid_sheet, "brows": brow_sheet, "nose": nose_sheet, "gaze": gaze_sheet,
    "emotions": emotion_sheet,
}  # fmt: skip


def main():
    options = argparse.ArgumentParser(prog="python -m scripts.build_head.upper.pictures", description=__doc__)
    options.add_argument("sheets", nargs="*", choices=[*SHEETS, []], help="all if none is named")
    options.add_argument("--out", type=Path, default=OUT)
    options.add_argument("--template", type=Path, default=OUT / "head_template.npz")
    options.add_argument("--size", type=int, default=300)
    args = options.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    template = load_template(args.template)
    expressions, correctives = build_upper_expressions(template), gaze_correctives(template)
    for name in args.sheets or SHEETS:
        tiles, columns = SHEETS[name]()
        path = args.out / f"upper_{name}.png"
        page(template, expressions, correctives, tiles, columns, args.size).save(path)
        print(path)


if __name__ == "__main__":
    main()
