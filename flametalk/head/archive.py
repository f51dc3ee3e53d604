"""Models inside zip archives: read in memory, with bounds; nothing is unpacked onto the disk."""

import zipfile
from pathlib import Path, PurePosixPath

from ..errors import FlametalkError, FormatError, InputError, UnknownNameError, UnsafeFileError
from ..files import DAMAGED_ZIP

MAX_MEMBERS = 1000
USUAL_MEMBERS = ("generic_model.pkl", "flame2023_open.pkl", "flame2023.pkl", "flame_neutral.pkl")
MEMBER_NAMES = {"generic": "generic_model.pkl", "female": "female_model.pkl", "male": "male_model.pkl"}


def archive_member(path: Path, member: str | None, max_bytes: int) -> tuple[str, bytes]:
    """Name and content of one model in a zip archive; nothing is unpacked onto the disk."""
    try:
        with zipfile.ZipFile(path) as archive:
            infos = archive.infolist()
            if len(infos) > MAX_MEMBERS:
                raise FormatError(
                    path, f"has {len(infos):,} members, more than the {MAX_MEMBERS:,} accepted here"
                )
            info = _pick(path, infos, member)
            if info.flag_bits & 1:
                raise FormatError(path, f"is encrypted: unpack '{info.filename}' and give that")
            if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise FormatError(
                    path, f"is packed in an unusual way: unpack '{info.filename}' and give that"
                )
            if info.file_size > max_bytes:
                raise FormatError(
                    path, f"unfolds to {info.file_size:,} bytes, {max_bytes:,} are accepted here"
                )
            with archive.open(info) as file:  # the size in the directory may lie
                data = file.read(max_bytes + 1)
    except FlametalkError:
        raise
    except DAMAGED_ZIP as error:
        raise FormatError(path, f"not a readable zip archive ({error})") from error
    if len(data) > max_bytes:
        raise FormatError(path, f"unfolds to more than the {max_bytes:,} bytes accepted here")
    return info.filename, data


def _pick(path: Path, infos: list[zipfile.ZipInfo], member: str | None) -> zipfile.ZipInfo:
    models: dict[str, zipfile.ZipInfo] = {}
    for info in infos:
        place = PurePosixPath(info.filename.replace("\\", "/"))
        if place.is_absolute() or ".." in place.parts or ":" in info.filename:
            raise UnsafeFileError(path, f"has a member with a path that escapes: {info.filename[:100]!r}")
        hidden = "__MACOSX" in place.parts or place.name.startswith(".")
        if not info.is_dir() and not hidden and place.suffix.lower() == ".pkl":
            models[place.name.lower()] = info
    if not models:
        raise FormatError(path, "has no FLAME model (.pkl) in it")
    if member is not None:
        wanted = MEMBER_NAMES.get(member, member).lower()
        if wanted not in models:
            raise UnknownNameError(f"member of {path}", member, models)
        return models[wanted]
    usual = [name for name in USUAL_MEMBERS if name in models]
    if usual or len(models) == 1:
        return models[usual[0] if usual else next(iter(models))]
    raise InputError(f"{path} has several models, name one as member: {', '.join(sorted(models))}")
