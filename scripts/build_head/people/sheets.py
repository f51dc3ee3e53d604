"""python -m scripts.build_head.people.sheets people|components [--out DIR]: contact sheets to look at."""

import argparse
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from .. import preview
from ..template import MATERIALS, cached_template
from .space import build_people

OUT = Path(__file__).resolve().parents[3] / "out"
VIEWS = {
    "front": {"yaw": 0, "centre": (0, -36, 30), "span": 290},
    "turned": {"yaw": 38, "centre": (0, -36, 20), "span": 290},
    "profile": {"yaw": 90, "centre": (0, -36, 5), "span": 290},
    "face": {"yaw": 0, "centre": (0, -35, 70), "span": 180},
}


def colours(template):
    return np.array([preview.COLOURS[m] for m in MATERIALS], float)[template.material]


def person(template, people, coefficients):
    """Vertices in millimetres."""
    return (template.vertices + people.basis @ coefficients) * 1e3


def grid(tiles, columns, size):
    page = Image.new("RGB", (columns * size, -(-len(tiles) // columns) * size), preview.BACKGROUND)
    for i, (title, tile) in enumerate(tiles):
        if title:
            ImageDraw.Draw(tile).text((5, 3), title, fill=(70, 70, 70))
        page.paste(tile, ((i % columns) * size, (i // columns) * size))
    return page


def people_sheet(template, people, view, n=32, seed=1, size=260, columns=8):
    shade = colours(template)
    draws = np.random.default_rng(seed).standard_normal((n, people.basis.shape[2]))
    tiles = [
        (
            f"{i}",
            preview.render(
                person(template, people, c),
                template.quads,
                shade,
                size=size,
                light=template.openness,
                **VIEWS[view],
            ),
        )
        for i, c in enumerate(draws)
    ]
    return grid(tiles, columns, size)


def component_sheet(template, people, chosen, strength=2.5, size=230, views=("front", "profile")):
    """Rows of pairs: each component at minus and plus `strength`, in each view."""
    shade, tiles = colours(template), []
    for k in chosen:
        for view in views:
            for sign in (-1, 1):
                c = np.zeros(people.basis.shape[2])
                c[k] = sign * strength
                tile = preview.render(
                    person(template, people, c),
                    template.quads,
                    shade,
                    size=size,
                    light=template.openness,
                    **VIEWS[view],
                )
                tiles.append((f"{k} {people.names[k]} {sign * strength:+.1f}", tile))
    return grid(tiles, 8, size)


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
