"""What can go wrong, drawn as a tree. Every message says what was got, what was expected, what to do.

FlametalkError
├── InputError            a value or option the caller gave
│   └── UnknownNameError  a name that is not in a list (the message lists the valid ones)
├── FileError             a file on disk; names the file and, where it can, the field
│   ├── FormatError       it is readable but not what it claims to be
│   └── UnsafeFileError   it asks for something that we do not do (code in a pickle, a path that escapes)
├── AssetError            a model file that the user has to add first
├── HeadMismatchError     a clip or checkpoint made for another head
└── MissingExtraError     an optional package or program; says how to install it
"""

from collections.abc import Iterable
from difflib import get_close_matches


class FlametalkError(Exception):
    """Root of everything that flametalk raises on purpose."""

    exit_code = 1


class InputError(FlametalkError, ValueError):
    """A value or option that cannot be used."""

    exit_code = 2


class UnknownNameError(InputError):
    """A name that is not in a list."""

    def __init__(self, kind: str, got: str, valid: Iterable[str]):
        valid = sorted(valid)
        close = get_close_matches(got, valid, n=1)
        hint = f" Did you mean '{close[0]}'?" if close else ""
        super().__init__(f"unknown {kind} '{got}'.{hint} Valid: {', '.join(valid)}")


class FileError(FlametalkError):
    """A file that cannot be read or written."""

    exit_code = 2

    def __init__(self, path: object, problem: str, field: str | None = None):
        self.path, self.field, self.problem = str(path), field, problem
        where = f"{self.path}: field '{field}'" if field else self.path
        super().__init__(f"{where}: {problem}")


class FormatError(FileError):
    """Readable, but cut off, of the wrong shape or rate, with NaNs, or of another kind."""


class UnsafeFileError(FileError):
    """Refused, nothing in it was run."""


class AssetError(FlametalkError):
    """A model file that has to be added first."""

    exit_code = 2


class HeadMismatchError(FlametalkError):
    """Parameters made for one head used with another."""

    exit_code = 2


class MissingExtraError(FlametalkError, ImportError):
    """An optional package or program that is not installed. `how`: where pip alone does not do it."""

    exit_code = 2

    def __init__(self, extra: str, package: str, purpose: str, how: str | None = None):
        self.extra = extra
        super().__init__(f"{purpose} needs '{package}': " + (how or f"pip install 'flametalk[{extra}]'"))
