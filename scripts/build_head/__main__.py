"""python -m scripts.build_head [--out DIR] [--albedo SIZE] [--pictures]: builds the template, checks it and writes head_template.npz."""
import argparse
import time
from pathlib import Path

import numpy as np

from .check import report
from .template import MATERIALS, build_template, save

OUT = Path(__file__).resolve().parents[2] / "out"


def main():
    options = argparse.ArgumentParser(prog="python -m scripts.build_head", description=__doc__)
    options.add_argument("--out", type=Path, default=OUT)
    options.add_argument("--albedo", type=int, metavar="SIZE", help="also paint head_albedo.png")
    options.add_argument("--pictures", nargs="*", metavar="VIEW", help="also render views (all if none is named)")
    args = options.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    begin = time.perf_counter()
    template = build_template()
    seconds = time.perf_counter() - begin
    save(template, args.out / "head_template.npz")
    print(f"built in {seconds:.1f} s -> {args.out / 'head_template.npz'}")
    for line in report(template):
        print(line)
    albedo = None
    if args.albedo:
        from PIL import Image

        from .texture import paint
        albedo = paint(template, args.albedo)
        Image.fromarray(albedo).save(args.out / "head_albedo.png")
    if args.pictures is not None:
        from . import preview
        colours = np.array([preview.COLOURS[m] for m in MATERIALS], float)[template.material]
        names = args.pictures or list(preview.VIEWS)
        texture = None if albedo is None else (albedo.astype(float), template.uv, template.uv_quads)
        preview.sheet(template.vertices * 1e3, template.quads, colours, names, light=template.openness, paint=texture).save(args.out / "head_views.png")


if __name__ == "__main__":
    main()
