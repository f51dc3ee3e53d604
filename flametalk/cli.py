"""The command line: thin commands over the library. Heavy imports wait until a command needs them."""

import argparse
import sys
from collections.abc import Sequence

from .commands import (
    animate,
    assets,
    compare,
    control,
    convert,
    corpus,
    demo,
    evaluate,
    export,
    info,
    lift,
    render,
    retarget,
    templates,
    train,
    train_encoder,
    view,
)
from .errors import FlametalkError
from .version import __version__

COMMANDS = (
    animate,
    lift,
    demo,
    render,
    control,
    view,
    export,
    compare,
    evaluate,
    info,
    convert,
    retarget,
    assets,
    templates,
    corpus,
    train,
    train_encoder,
)  # in the order of the help


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. Our own errors become one line and an exit code, never a traceback."""
    options = _parser().parse_args(_joined(sys.argv[1:] if arguments is None else arguments))
    try:
        options.run(options)
        return 0
    except FlametalkError as error:
        print(f"flametalk: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("flametalk: stopped; no half-written file was left", file=sys.stderr)
        return 130
    except BrokenPipeError:  # the reader of our output has left
        sys.stderr.close()
        return 141


def _joined(arguments: Sequence[str]) -> list[str]:
    """`train encoder` is a command of two words, beside `train RECIPE`."""
    words = list(arguments)
    return [train_encoder.NAME, *words[2:]] if words[:2] == ["train", "encoder"] else words


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="flametalk",
        description="Speech and one photo become a talking 3D head in FLAME parameters.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"flametalk {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for command in COMMANDS:
        command.add(commands)
    return parser
