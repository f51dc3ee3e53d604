"""The user's own recognisers of emotion and of lips: functions, or TorchScript files.

A TorchScript file is a program, run by torch's own interpreter, which knows no Python. It is read as text
first: programs that reach for files, for other libraries' operators or that run while loading are refused.
"""

import re
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

import torch
from jaxtyping import Float
from torch import Tensor

from ....errors import FormatError, InputError, UnsafeFileError
from ....files import DAMAGED_ZIP, PathLike, existing_file

Recogniser = Callable[[Float[Tensor, "b 3 h w"]], Float[Tensor, "b n"]]  # RGB, 0 … 1
MAX_BYTES: Final = 2 << 30
MAX_CODE: Final = 32 << 20
OPERATORS: Final = ("aten", "prim")  # what a network of plain layers is made of
FORBIDDEN: Final = ("from_file", "save", "load", "read", "write", "open", "copy_to_file", "exec", "eval")
AT_LOADING: Final = ("__setstate__",)


def recogniser(source: Recogniser | PathLike, device: torch.device | str = "cpu") -> Recogniser:
    """A function as it is; a path as the network in it, which is not trained any further."""
    if callable(source):
        return source
    path = existing_file(source, MAX_BYTES)
    _check(path)
    try:
        with warnings.catch_warnings():  # recognisers exist in this format
            warnings.simplefilter("ignore", DeprecationWarning)
            network = torch.jit.load(str(path), map_location=device)
    except (RuntimeError, ValueError, OSError) as error:
        raise FormatError(path, f"not a TorchScript file ({str(error).splitlines()[0][:150]})") from error
    network.eval()
    for parameter in network.parameters():
        parameter.requires_grad_(False)
    return network


def features(of: Recogniser, pictures: Float[Tensor, "b 3 h w"], name: str) -> Float[Tensor, "b n"]:
    """One row a picture, whatever shape the network gives."""
    found = of(pictures)
    if not isinstance(found, Tensor) or found.ndim < 2 or len(found) != len(pictures):
        shape = tuple(found.shape) if isinstance(found, Tensor) else type(found).__name__
        raise InputError(f"the {name} recogniser gave {shape}, expected a row for each of {len(pictures)}")
    return found.flatten(1)


def _check(path: Path) -> None:
    """Refuse what a network does not need."""
    if not zipfile.is_zipfile(path):
        raise FormatError(path, "not a TorchScript file: make one with torch.jit.trace(...).save(...)")
    try:
        with zipfile.ZipFile(path) as archive:
            names = [info for info in archive.infolist() if re.search(r"(^|/)code/.*\.py$", info.filename)]
            if not names or sum(info.file_size for info in names) > MAX_CODE:
                raise FormatError(path, "not a TorchScript file: it holds no program, or too large a one")
            text = "\n".join(archive.read(info).decode("utf-8", "replace") for info in names)
    except DAMAGED_ZIP as error:
        raise FormatError(path, f"not a readable TorchScript file ({error})") from error
    for name in AT_LOADING:
        if re.search(rf"\bdef {name}\b", text):
            raise UnsafeFileError(path, f"runs '{name}' while it is loaded; refused, nothing was run")
    for library, operator in re.findall(r"\bops\.(\w+)\.(\w+)", text):
        if library not in OPERATORS or operator in FORBIDDEN:
            raise UnsafeFileError(path, f"uses '{library}.{operator}'; refused, nothing was run")
    for operator in re.findall(r"\btorch\.(\w+)\s*\(", text):
        if operator in FORBIDDEN:
            raise UnsafeFileError(path, f"uses 'torch.{operator}'; refused, nothing was run")
