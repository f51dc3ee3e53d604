"""Builds the package's head, its painted skin and its detail from code alone, and says what came out."""

import argparse
import time
from pathlib import Path

from flametalk.head import Head

from .check import report
from .storage import save
from .template import build_template

SHIPPED = Path(__file__).resolve().parents[2] / "flametalk" / "head" / "builtin.safetensors"


def main() -> None:
    options = argparse.ArgumentParser(prog="python -m scripts.build_head", description=__doc__)
    options.add_argument("--out", type=Path, default=SHIPPED, help="the head's file (default: the package's)")
    options.add_argument(
        "--template-only", type=Path, metavar="FILE", help="build the template alone and save it as .npz"
    )
    options.add_argument("--pictures", type=Path, metavar="DIR", help="also draw the sheets of docs/head.md")
    args = options.parse_args()
    begin = time.perf_counter()

    def say(line: str) -> None:
        print(f"{time.perf_counter() - begin:6.1f} s  {line}", flush=True)

    say("template")
    template = build_template()
    for line in report(template):
        say("  " + line)
    if args.template_only:
        args.template_only.parent.mkdir(parents=True, exist_ok=True)
        save(template, args.template_only)
        say(f"{args.template_only}")
        return
    from .assemble import write_head
    from .detail import write_detail
    from .paint import write_skin

    args.out.parent.mkdir(parents=True, exist_ok=True)
    write_head(args.out, template, say)
    skin = args.out.with_name(f"{args.out.stem}_skin.png")
    say(f"{skin}: {write_skin(template, skin):,} bytes")
    detail = args.out.with_name(f"{args.out.stem}_detail.png")
    say(f"{detail}: {write_detail(template, detail):,} bytes")
    if args.pictures:
        from .pictures import write_pictures

        write_pictures(Head.load(args.out), args.pictures, say)


if __name__ == "__main__":
    main()
