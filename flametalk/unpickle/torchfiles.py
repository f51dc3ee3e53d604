"""Files of `torch.save`, read as data: the pickle inside is interpreted as any other.

Checkpoints often carry more than tensors (option objects, callback classes, paths). With `inert=True`
names that are not known stay names, so the tensors of such a file can be had without running anything.
"""

import io
import pickle
import re
import zipfile
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from ..errors import FormatError, UnsafeFileError
from ..files import DAMAGED_ZIP, PathLike, existing_file
from .opcodes import run
from .standins import PLAIN, TORCH
from .values import Global, Maker

MAX_BYTES = 16 * 2**30
MAX_PICKLE_BYTES = 256 * 2**20
DTYPES = {
    "DoubleStorage": torch.float64,
    "FloatStorage": torch.float32,
    "HalfStorage": torch.float16,
    "BFloat16Storage": torch.bfloat16,
    "LongStorage": torch.int64,
    "IntStorage": torch.int32,
    "ShortStorage": torch.int16,
    "CharStorage": torch.int8,
    "ByteStorage": torch.uint8,
    "BoolStorage": torch.bool,
    "ComplexFloatStorage": torch.complex64,
    "ComplexDoubleStorage": torch.complex128,
}


def load_torch(
    path: PathLike, *, extra: Mapping[str, Maker] | None = None, inert: bool | tuple[str, ...] = False
) -> Any:
    """What `torch.save` wrote: tensors on the CPU in dictionaries and lists.

    `extra` allows more names as in `load_pickle`; `inert` keeps unknown names as names:
    all, or only those of the modules listed; what else is named is refused then.
    Files older than torch 1.6 are read by torch itself, as weights only.
    """
    path = existing_file(path, MAX_BYTES)
    try:
        if not zipfile.is_zipfile(path):
            return _legacy(path.read_bytes(), str(path))
        with zipfile.ZipFile(path) as archive:
            return _read(archive, str(path), path.stat().st_size, extra or {}, inert)
    except DAMAGED_ZIP as error:
        raise FormatError(path, f"not a readable torch file ({error})") from error


def _read(
    archive: zipfile.ZipFile, label: str, size: int, extra: Mapping[str, Maker], inert: bool | tuple[str, ...]
) -> Any:
    members = {info.filename: info for info in archive.infolist()}
    roots = [name.removesuffix("data.pkl") for name in members if name.endswith("data.pkl")]
    if len(roots) != 1:
        raise FormatError(label, "not a torch file: there is no single data.pkl in it")
    root = roots[0]
    storages: dict[str, Tensor] = {}
    left = size  # nothing is packed, so the members together cannot hold more than the file

    def member(name: str, limit: int) -> zipfile.ZipInfo:
        info = members.get(root + name)
        if info is None:
            raise FormatError(label, "is missing from the archive", field=name)
        nonlocal left
        left -= info.file_size
        if left < 0 or info.file_size > limit or info.compress_type != zipfile.ZIP_STORED:
            raise FormatError(label, "is too large or compressed, which torch does not write", field=name)
        return info

    def storage(identity: Any) -> Tensor:
        kind, dtype_name, key, _, count = identity
        if kind != "storage" or not isinstance(dtype_name, Global) or not isinstance(key, str):
            raise ValueError("a persistent id that is not a storage")
        if dtype_name.make is None or type(count) is not int or not 0 <= count < 2**40:
            raise ValueError("a storage of unknown type or size")
        if key not in storages:
            dtype = dtype_name.make()
            info = member(f"data/{key}", MAX_BYTES)
            if info.file_size < count * dtype.itemsize:
                raise FormatError(
                    label, f"is cut off: {info.file_size:,} bytes for {count:,} numbers", field=key
                )
            content = bytearray(info.file_size)
            with archive.open(info) as file:
                got = file.readinto(content)  # type: ignore[attr-defined]
            if got != info.file_size:
                raise FormatError(label, "is cut off", field=f"data/{key}")
            storages[key] = (
                torch.frombuffer(content, dtype=dtype, count=count) if count else torch.empty(0, dtype=dtype)
            )
        return storages[key]

    if root + "byteorder" in members and archive.read(member("byteorder", 16)) != b"little":
        raise FormatError(label, "was written on a big-endian machine")
    pickled = archive.read(member("data.pkl", MAX_PICKLE_BYTES))
    allowed = {**PLAIN, **TORCH, **_STORAGES, **extra}
    return run(pickled, f"{label}:data.pkl", "utf-8", allowed, storage, inert, 2 * size)


def storage_from_bytes(blob: bytes) -> Tensor:
    """A storage saved on its own, as tensors inside ordinary pickles are: flat numbers."""
    value = _legacy(blob, "<tensor inside a pickle>")
    if not isinstance(value, torch.storage.TypedStorage):
        raise ValueError("a tensor's content that is not a storage")
    return torch.empty(0, dtype=value.dtype).set_(value._untyped_storage)


def _legacy(blob: bytes, label: str) -> Any:
    if zipfile.is_zipfile(io.BytesIO(blob)):
        with zipfile.ZipFile(io.BytesIO(blob)) as archive:
            if sum(info.file_size for info in archive.infolist()) > 2 * len(blob) + 4096:
                raise FormatError(label, "unfolds to far more memory than its size; refused")
    try:
        return torch.load(io.BytesIO(blob), map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        named = re.search(r"GLOBAL ([\w.]{1,200})", str(error))
        asked = f"asks for '{named[1]}'" if named else "holds more than tensors, or is damaged"
        raise UnsafeFileError(label, f"{asked}; refused, nothing was run") from error
    except Exception as error:  # torch raises nearly anything on damaged files
        detail = next(iter(str(error).splitlines()), "")[:200]
        raise FormatError(label, f"not a readable torch file ({type(error).__name__}: {detail})") from error


def _storage_maker(dtype: torch.dtype) -> Maker:
    return lambda: dtype


_STORAGES: Mapping[str, Maker] = {f"torch.{name}": _storage_maker(dtype) for name, dtype in DTYPES.items()}
