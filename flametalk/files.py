"""Files: atomic writing, and reading with bounds. Nothing here knows what is inside."""

import errno
import os
import re
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

from .errors import FileError

PathLike = str | os.PathLike[str]
# What reading a zip archive raises whose headers lie about names, sizes, packing or encryption.
DAMAGED_ZIP = (
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    zlib.error,
    EOFError,
    RuntimeError,
    ValueError,
    OSError,
)


@contextmanager
def atomic_path(path: PathLike) -> Iterator[Path]:
    """A temporary neighbour of `path` (same ending) that takes its place when the block ends well.

    On any error or Ctrl-C the neighbour is removed and an existing file stays as it was.
    """
    target = Path(path)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.stem}.", suffix=target.suffix)
        os.close(handle)
    except OSError as error:
        raise FileError(target, f"cannot write here ({reason(error)})") from error
    temporary = Path(name)
    try:
        yield temporary
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(target)
    except OSError as error:
        if isinstance(error, FileError):
            raise
        raise FileError(target, f"writing failed ({reason(error)})") from error
    finally:
        temporary.unlink(missing_ok=True)


def reason(error: OSError) -> str:
    """What the system says and, of a full disk, what to do about it."""
    said = error.strerror or str(error)
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"{said}: make room there, or write to another folder"
    return said


def write_safetensors(
    path: PathLike, tensors: Mapping[str, Any], metadata: Mapping[str, str] | None = None
) -> None:
    """NumPy arrays or torch tensors, all of one kind, as one file: whole or not at all."""
    import numpy as np
    from safetensors import SafetensorError

    plain = all(isinstance(value, np.ndarray) for value in tensors.values())
    library = import_module("safetensors.numpy" if plain else "safetensors.torch")
    with atomic_path(path) as temporary:
        try:
            library.save_file(dict(tensors), temporary, None if metadata is None else dict(metadata))
        except SafetensorError as error:  # the library's name for whatever the system says
            number = re.search(r"os error (\d+)", str(error))
            if number is None:
                raise FileError(path, f"writing failed ({error})") from error
            raise OSError(int(number[1]), os.strerror(int(number[1]))) from error


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def existing_file(path: PathLike, max_bytes: int | None = None) -> Path:
    """`path` as a Path; a clear error where it is a URL, missing, a folder, empty or too large."""
    text = os.fspath(path)
    if "://" in text:
        raise FileError(text, "is a URL; give a file on this machine")
    found = Path(text).expanduser()
    if not found.exists():
        raise FileError(found, "no such file")
    if found.is_dir():
        raise FileError(found, "is a folder, a file was expected")
    size = found.stat().st_size
    if size == 0:
        raise FileError(found, "is empty")
    if max_bytes is not None and size > max_bytes:
        raise FileError(found, f"has {size:,} bytes, more than the {max_bytes:,} accepted here")
    return found
