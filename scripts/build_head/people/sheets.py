"""python -m scripts.build_head.people.sheets people|components [--out DIR]: contact sheets to look at."""

import argparse
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from ..storage import cached_template
from ..upper.drawing import Painter
from .space import build_people

OUT = Path(__file__).resolve().parents[3] / "out"
VIEWS = {
    "front": {"yaw": 0, "centre": (0, -34, 30), "span": 300},
    "turned": {"yaw": 38, "centre": (0, -34, 15), "span": 300},
    "profile": {"yaw": 90, "centre": (0, -34, 5), "span": 300},
    "face": {"yaw": 0, "centre": (0, -35, 70), "span": 180},
}


def grid(tiles, columns):
    """One picture of labelled square tiles."""
    size = tiles[0][1].width
    page = Image.new("RGB", (columns * size, -(-len(tiles) // columns) * size), "white")
    for i, (title, tile) in enumerate(tiles):
        ImageDraw.Draw(tile).text((5, 3), title, fill=(70, 70, 70))
        page.paste(tile, ((i % columns) * size, (i // columns) * size))
    return page


def people_sheet(template, people, view, n=32, seed=1, size=260, columns=8):
    """Random people in one view."""
    painter = Painter(template)
    draws = np.random.default_rng(seed).standard_normal((n, people.basis.shape[2]))
    heads = (template.vertices + people.basis @ c for c in draws)
    return grid([(f"{i}", painter.tile(p, size=size, **VIEWS[view])) for i, p in enumerate(heads)], columns)


def component_sheet(template, people, chosen, strength=2.5, size=230, views=("front", "profile")):
    """Each component at minus and plus `strength`, in each view."""
    painter, tiles = Painter(template), []
    for k in chosen:
        for view in views:
            for c in (-strength, strength):
                tile = painter.tile(template.vertices + c * people.basis[..., k], size=size, **VIEWS[view])
                tiles.append((f"{k} {people.names[k]} {c:+.1f}", tile))
    return grid(tiles, 4 * len(views))


def main():
    options = argparse.ArgumentParser(prog="python -m scripts.build_head.people.sheets", description=__doc__)
    options.add_argument("what", choices=("people", "components"))
    options.add_argument("--out", type=Path, default=OUT)
    options.add_argument("--seed", type=int, default=1)
    args = options.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    template = cached_template(OUT)
    people = build_people(template)
    if args.what == "people":
        for view in ("front", "turned", "profile"):
            people_sheet(template, people, view, seed=args.seed).save(args.out / f"people_{view}.png")
        return
    for first in range(0, len(people.names), 20):
        sheet = component_sheet(template, people, range(first, min(first + 20, len(people.names))))
        sheet.save(args.out / f"components_{first:02d}.png")


if __name__ == "__main__":
    main()
