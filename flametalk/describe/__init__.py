"""What a file holds, in a few lines: clips, heads, checkpoints, exports, media. Nothing in it is run."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from ..errors import FormatError
from ..files import PathLike, existing_file
from . import exports, fbx, media, ours

Lines = Callable[[Path], Iterator[str]]
PICTURES: Final = (".png", ".jpg", ".jpeg", ".gif", ".webp")
MEDIA: Final = (".mp4", ".mov", ".mkv", ".webm", ".avi", ".wav", ".flac", ".mp3", ".ogg", ".m4a")
KINDS: Final[dict[str, tuple[str, Lines]]] = {  # ending -> its name for people, and who tells
    ".safetensors": ("safetensors", ours.safetensors),
    ".npz": ("NumPy archive", ours.clip),
    ".npy": ("NumPy array", ours.clip),
    ".pkl": ("pickle", ours.pickled),
    ".zip": ("archive", ours.head),
    ".pt": ("torch file", ours.torch_file),
    ".pth": ("torch file", ours.torch_file),
    ".ckpt": ("torch file", ours.torch_file),
    ".tar": ("torch file", ours.torch_file),
    ".glb": ("binary glTF", exports.glb),
    ".gltf": ("glTF", exports.gltf),
    ".fbx": ("FBX", fbx.fbx),
    ".obj": ("OBJ mesh", exports.obj),
    ".csv": ("table", exports.csv),
    ".json": ("JSON", exports.json_file),
    **dict.fromkeys(PICTURES, ("picture", media.picture)),
    **dict.fromkeys(MEDIA, ("media", media.media)),
}


def describe(path: PathLike) -> list[str]:
    """Lines for people. A file that cannot be trusted or understood raises a FileError."""
    found = Path(path).expanduser()
    if found.is_dir():
        return _titled(found, "folder", ours.clip(found))
    found = existing_file(found)
    ending = found.suffix.lower()
    if ending not in KINDS:
        raise FormatError(found, f"unknown kind of file; known endings: {' '.join(sorted(KINDS))}")
    kind, tell = KINDS[ending]
    return _titled(found, kind, tell(found))


def _titled(path: Path, kind: str, lines: Iterator[str]) -> list[str]:
    size = "" if path.is_dir() else f", {path.stat().st_size:,} bytes"
    return [f"{path}: {kind}{size}", *(f"  {line}" for line in lines)]
