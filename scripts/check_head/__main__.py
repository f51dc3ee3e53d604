"""python -m scripts.check_head [--write]: prints what docs/head.md says about the sheet, or puts it there."""

import argparse
import time
from pathlib import Path

from flametalk.files import atomic_path
from flametalk.head import Head

from .table import arkit_lines, contact_lines, crossing_lines, form_lines, measure

PAGE = Path(__file__).resolve().parents[2] / "docs" / "head.md"


def sections(head, say):
    """name of a marked place in the page -> its lines"""
    rows = measure(head, say)
    yield "crossings", crossing_lines(rows)
    yield "form", form_lines(rows)
    yield "contact", contact_lines(head)
    yield "arkit", arkit_lines(head)


def placed(text, name, lines):
    """The page with the lines between `<!-- name -->` and `<!-- end -->`."""
    begin = text.index(f"<!-- {name} -->") + len(f"<!-- {name} -->")
    end = text.index("<!-- end -->", begin)
    return f"{text[:begin]}\n\n" + "\n".join(lines).strip() + "\n\n" + text[end:]


def main() -> None:
    options = argparse.ArgumentParser(prog="python -m scripts.check_head", description=__doc__)
    options.add_argument("--head", type=Path, help="a head's file; the package's own if left out")
    options.add_argument("--write", action="store_true", help="into docs/head.md")
    options.add_argument("--verbose", action="store_true", help="name every pose when it is done")
    args = options.parse_args()
    begin = time.perf_counter()
    text = PAGE.read_text()
    for name, lines in sections(Head.load(args.head), print if args.verbose else lambda line: None):
        found = [*lines]
        print(f"## {name}", *found, sep="\n", flush=True)
        text = placed(text, name, found) if args.write else text
    if args.write:
        with atomic_path(PAGE) as path:
            path.write_text(text)
    print(f"{time.perf_counter() - begin:.0f} s")


if __name__ == "__main__":
    main()
