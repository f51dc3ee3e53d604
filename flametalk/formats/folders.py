"""Writing a folder all or nothing."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import FileError
from ..files import reason


@contextmanager
def atomic_folder(target: Path, files: set[str]) -> Iterator[Path]:
    """A temporary neighbour that takes the place of `target` when the block ends well.

    A folder that is there is replaced only if it holds nothing but `files`; after an error it is as it was.
    """
    if target.exists() and not target.is_dir():
        raise FileError(target, "is a file, this layout is a folder")
    if target.is_dir() and (other := sorted({child.name for child in target.iterdir()} - files)):
        raise FileError(
            target, f"is there already and also holds {', '.join(other[:5])}; choose a new folder"
        )
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        workplace = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name}."))
    except OSError as error:
        raise FileError(target, f"cannot write here ({reason(error)})") from error
    try:
        new = workplace / "new"
        new.mkdir()
        yield new
        _swap(new, target, workplace / "old")
    except OSError as error:
        raise FileError(target, f"writing failed ({reason(error)})") from error
    finally:
        shutil.rmtree(workplace, ignore_errors=True)


def _swap(new: Path, target: Path, old: Path) -> None:
    if target.exists():
        target.rename(old)
    try:
        new.rename(target)
    except OSError:
        if old.exists():
            old.rename(target)
        raise
