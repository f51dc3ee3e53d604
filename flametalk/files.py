"""Files: atomic writing, and reading with bounds. Nothing here knows what the numbers inside mean."""

import errno
import json
import os
import re
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from .errors import FileError, FormatError

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

# Sorts of numbers by the names that safetensors has for them. Nothing of ours has floats of 8 bits.
FLOATS: Final = ("F16", "F32", "F64", "BF16")
SORTS: Final = {"float": FLOATS, "int": ("I", "U"), "any": (*FLOATS, "I", "U", "BOOL")}


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


@contextmanager
def open_safetensors(
    path: PathLike, kind: str, max_bytes: int | None = None, framework: str = "np"
) -> Iterator[Any]:
    """The library's open file, for those who look into its header or read it in parts.

    `kind` is what the file should be, "a head file" say, for the error.
    """
    from safetensors import SafetensorError, safe_open

    found = existing_file(path, max_bytes)
    try:
        with safe_open(found, framework=framework) as file:
            yield file
    except (SafetensorError, OSError) as error:
        problem = f"not {kind}: not a readable safetensors file, or cut off ({error})"
        raise FormatError(found, problem) from error


def read_safetensors(
    path: PathLike,
    kind: str,
    max_bytes: int | None = None,
    layout: str | None = None,
    expected: Mapping[str, str] | None = None,
    framework: str = "np",
) -> tuple[dict[str, Any], dict[str, str]]:
    """Tensors by name (NumPy's, or torch's with "pt") and the metadata, which must name the `layout`.

    `expected` names the tensors to read, as in {"ids": "int n", "spread": "float n 2", "more": "any ..."}:
    finite floats, whole numbers or anything; then the shape, where a word stands for one length throughout.
    Without it all are read, as "any ...".
    """
    found = existing_file(path, max_bytes)
    tensors: dict[str, Any] = {}
    lengths: dict[str, int] = {}
    with open_safetensors(found, kind, max_bytes, framework) as file:
        metadata = dict(file.metadata() or {})
        if layout is not None:
            check_layout(found, kind, metadata.get("layout"), layout)
        there = list(file.keys())
        if missing := sorted(set(expected or ()).difference(there)):
            raise FormatError(found, f"not {kind}: it lacks {', '.join(missing)}")
        for name in expected or there:
            wanted = expected[name] if expected else "any ..."
            if problem := _misfit(file.get_slice(name), wanted, lengths):
                raise FormatError(found, f"not {kind}: {problem}", name)
            try:
                value = tensors[name] = file.get_tensor(name)
            except (TypeError, AttributeError) as error:
                problem = f"not {kind}: NumPy has no room for its numbers ({error})"
                raise FormatError(found, problem, name) from error
            if wanted.startswith("float") and not _finite(value):
                raise FormatError(found, f"not {kind}: it has NaN or infinite values", name)
    return tensors, metadata


def read_settings(
    path: PathLike, kind: str, metadata: Mapping[str, str], name: str, layout: str
) -> dict[str, Any]:
    """The JSON object that the metadata of a safetensors file keep under `name`, and its "layout"."""
    try:
        settings = json.loads(metadata[name])
    except (KeyError, ValueError, RecursionError) as error:
        problem = f"not {kind}: its header has no {name} that can be read ({type(error).__name__}: {error})"
        raise FormatError(path, problem) from error
    if not isinstance(settings, dict):
        raise FormatError(path, f"not {kind}: {name} in its header are no JSON object")
    check_layout(path, kind, settings.get("layout"), layout)
    return settings


def check_layout(path: PathLike, kind: str, got: object, expected: str) -> None:
    """Layouts are names that end in a number: of another number, a file is newer or older than we are."""
    if got == expected:
        return
    akin = isinstance(got, str) and got.rpartition("-")[0] == expected.rpartition("-")[0]
    advice = ": update flametalk, or make the file again" if akin else ""
    raise FormatError(path, f"not {kind}: layout {got!r}, expected {expected!r}{advice}")


def _misfit(header: Any, expected: str, lengths: dict[str, int]) -> str | None:
    """What is wrong with a tensor that is not read yet; `lengths` are those of the words so far."""
    sort, *words = expected.split()
    dtype, shape = str(header.get_dtype()), tuple(header.get_shape())
    if not dtype.startswith(SORTS[sort]):
        return f"it holds {dtype}, expected {sort if sort != 'any' else 'numbers of another kind'}"
    if words == ["..."]:
        return None
    if len(shape) == len(words):
        for word, length in zip(words, shape, strict=True):
            lengths.setdefault(word, int(word) if word.isdigit() else length)
    wanted = tuple(lengths.get(word, word) for word in words)
    return None if shape == wanted else f"it has shape {shape}, expected ({', '.join(map(str, wanted))})"


def _finite(value: Any) -> bool:
    import numpy as np

    return bool(np.isfinite(value).all() if isinstance(value, np.ndarray) else value.isfinite().all())


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
