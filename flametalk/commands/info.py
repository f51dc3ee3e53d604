"""`flametalk info`: what a file holds."""

import argparse

from .options import add_command


def add(commands) -> None:
    parser = add_command(
        commands, "info", run, "Say what a clip, head or export holds.", "flametalk info demo.npz"
    )
    parser.add_argument("files", nargs="+", metavar="FILE")


def run(options: argparse.Namespace) -> None:
    from ..describe import describe

    for path in options.files:
        print("\n".join(describe(path)))
