"""`flametalk evaluate`: predictions against their truth, with a report."""

import argparse
from pathlib import Path

from ..errors import InputError, UnknownNameError
from .options import add_command


def add(commands) -> None:
    parser = add_command(
        commands,
        "evaluate",
        run,
        "Measure clips against their truth: tables, plots, a page.",
        "flametalk evaluate --pred ours/ --pred other=theirs/ --truth truth/ -o report/",
    )
    parser.add_argument(
        "--pred",
        action="append",
        required=True,
        metavar="[NAME=]DIR",
        help="clips of a method; again for each further one",
    )
    parser.add_argument("--truth", type=Path, required=True, metavar="DIR", help="clips of the same names")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="DIR", help="for the report")
    parser.add_argument("--head", metavar="NAME|FILE", help="default: the head the clips were made for")
    parser.add_argument(
        "--columns", metavar="A,B,…", help="of the table: all, or lve,mve,…; default: the usual ones"
    )
    parser.add_argument(
        "--common", action="store_true", help="leave out clips without a partner (the report says so)"
    )
    parser.add_argument("--cut", action="store_true", help="compare what both have where lengths differ")
    parser.add_argument("--video", default="auto", metavar="CLIP", help="clip to show side by side, or none")
    parser.add_argument("--workers", type=int, metavar="N", help="default: one for each core")
    parser.add_argument("--quiet", action="store_true", help="no progress")


def run(options: argparse.Namespace) -> None:
    import sys
    import time

    from ..report import evaluate

    begin = time.perf_counter()

    def progress(done: int, total: int) -> None:
        end = "\n" if done == total else ""
        print(f"\rmeasured {done} of {total}", end=end, file=sys.stderr, flush=True)

    _check(options)
    evaluation = evaluate(
        _methods(options.pred),
        options.truth,
        head=options.head,
        partners="common" if options.common else "all",
        lengths="cut" if options.cut else "equal",
        workers=options.workers,
        progress=progress if sys.stderr.isatty() and not options.quiet else None,
    )
    page = evaluation.save(options.output, options.video, options.columns)
    print(evaluation.table(options.columns).text())
    print(f"head   {evaluation.head}")
    for left in evaluation.left_out:
        print(f"left out {left}")
    print(f"wrote  {page}, table.md, table.tex, metrics.json in {time.perf_counter() - begin:.1f} s")


def _check(options: argparse.Namespace) -> None:
    """What can be seen to be wrong before anything is measured."""
    from ..report.columns import COLUMNS, choose_columns
    from ..report.pairs import find_clips

    choose_columns(options.columns, set(COLUMNS))
    names = find_clips(options.truth, "the truth")
    if options.video not in ("auto", "none", *names):
        raise UnknownNameError("clip for the video", options.video, names)
    if options.output.exists() and not options.output.is_dir():
        raise InputError(f"{options.output} is a file: the report needs a folder")


def _methods(given: list[str]) -> dict[str, str]:
    methods: dict[str, str] = {}
    for text in given:
        name, equals, folder = text.partition("=")
        if not equals or not name or "/" in name:
            name, folder = Path(text).resolve().name, text
        if name in methods:
            raise InputError(f"two methods are called '{name}': write --pred NAME={folder}")
        methods[name] = folder
    return methods
