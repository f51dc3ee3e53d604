"""Where heads are found: the one in the package, those in the user's data folder, and files by path."""

import os
import re
import sys
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

import torch

from ..errors import AssetError, InputError
from ..files import existing_file
from .flame import SUFFIXES as FLAME_SUFFIXES
from .flame import read_flame
from .model import Head
from .storage import read_head

BUILTIN = "builtin"
SUFFIX = ".safetensors"
NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


def data_folder() -> Path:
    """`FLAMETALK_HOME`, or the platform's folder for application data."""
    chosen = os.environ.get("FLAMETALK_HOME")
    if chosen:
        return Path(chosen).expanduser()
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA")
        return (Path(base) if base else Path.home() / "AppData" / "Local") / "flametalk"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "flametalk"
    base = os.environ.get("XDG_DATA_HOME")
    return (Path(base) if base else Path.home() / ".local" / "share") / "flametalk"


def head_file(name: str) -> Path:
    """Where the head of that name is, or would be, in the data folder."""
    if not NAME.fullmatch(name) or name.endswith(SUFFIX):
        raise InputError(
            f"'{name}' is not a head's name: small letters, digits, '.', '_' and '-', 64 at most"
        )
    return data_folder() / "heads" / f"{name}{SUFFIX}"


def added_heads() -> list[str]:
    """Names of the heads in the data folder."""
    stems = (path.stem for path in (data_folder() / "heads").glob(f"*{SUFFIX}"))
    return sorted(stem for stem in stems if NAME.fullmatch(stem))


def builtin_file() -> Path:
    """The head that comes with the package."""
    path = Path(str(files("flametalk.head") / f"{BUILTIN}{SUFFIX}"))
    if not path.is_file():
        raise AssetError(
            f"the built-in head is missing ({path}): build it with `python -m scripts.build_head`, "
            "or install the package again"
        )
    return path


def load_head(name: str | os.PathLike[str] | None = None, dtype: torch.dtype = torch.float32) -> Head:
    """The built-in head (None or "builtin"), an added one by name, or any head or FLAME file by path.

    A head is read once per process, as long as its file stays the same.
    """
    path = _find(name)
    status = path.stat()
    head = _read(str(path), status.st_mtime_ns, status.st_size, dtype)
    if isinstance(name, str) and name.startswith(f"{BUILTIN}-") and name != head.name:
        raise AssetError(
            f"the built-in head here is '{head.name}', not '{name}': install the release that has it"
        )
    return head


@lru_cache(maxsize=4)
def _read(path: str, changed: int, size: int, dtype: torch.dtype) -> Head:
    with torch.inference_mode(False):  # it is kept for callers who want gradients
        if Path(path).suffix.lower() in FLAME_SUFFIXES:
            return read_flame(path, dtype=dtype)
        return read_head(path, dtype)


def _find(name: str | os.PathLike[str] | None) -> Path:
    if name is None or name == BUILTIN:
        return builtin_file()
    text = os.fspath(name)
    suffix = Path(text).suffix.lower()
    if not isinstance(name, str) or suffix in (SUFFIX, *FLAME_SUFFIXES) or "/" in text or os.sep in text:
        path = existing_file(text)
        if path.suffix.lower() not in (SUFFIX, *FLAME_SUFFIXES):
            raise InputError(f"{path} is not a head: {SUFFIX}, {', '.join(FLAME_SUFFIXES)} files are read")
        return path.resolve()
    if re.fullmatch(rf"{BUILTIN}-\d+", text):
        return builtin_file()
    path = head_file(text)
    if not path.is_file():
        there = ", ".join([BUILTIN, *added_heads()])
        raise AssetError(
            f"no head '{text}' here; there are: {there}. "
            f"Add one with `flametalk assets add flame FILE --name {text}`, or give the path of a file"
        )
    return path
