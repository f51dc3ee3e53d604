"""What a file holds, in a few lines: clips, heads, checkpoints, exports, media. Nothing in it is run."""

import json
import struct
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from .errors import FormatError
from .files import DAMAGED_ZIP, PathLike, existing_file

PICTURES = (".png", ".jpg", ".jpeg", ".gif", ".webp")
MEDIA = (".mp4", ".mov", ".mkv", ".webm", ".avi", ".wav", ".flac", ".mp3", ".ogg", ".m4a")
MAX_JSON = 64 * 2**20  # bytes of glTF JSON that we read


def describe(path: PathLike) -> list[str]:
    """Lines for people. A file that cannot be trusted or understood raises a FileError."""
    found = Path(path).expanduser()
    if found.is_dir():
        return _titled(found, "folder", _clip(found))
    found = existing_file(found)
    kinds: dict[str, tuple[str, Callable[[Path], Iterator[str]]]] = {
        ".safetensors": ("safetensors", _safetensors),
        ".npz": ("NumPy archive", _clip),
        ".npy": ("NumPy array", _clip),
        ".pkl": ("pickle", _pickle),
        ".zip": ("archive", _head),
        ".pt": ("torch file", _torch),
        ".pth": ("torch file", _torch),
        ".ckpt": ("torch file", _torch),
        ".tar": ("torch file", _torch),
        ".glb": ("binary glTF", _glb),
        ".gltf": ("glTF", lambda p: _gltf(p.read_bytes(), p)),
        ".fbx": ("FBX", _fbx),
        ".obj": ("OBJ mesh", _obj),
        ".csv": ("table", _csv),
        ".json": ("JSON", _json),
        **dict.fromkeys(PICTURES, ("picture", _picture)),
        **dict.fromkeys(MEDIA, ("media", _media)),
    }
    ending = found.suffix.lower()
    if ending not in kinds:
        raise FormatError(found, f"unknown kind of file; known endings: {' '.join(sorted(kinds))}")
    kind, tell = kinds[ending]
    return _titled(found, kind, tell(found))


def _titled(path: Path, kind: str, lines: Iterator[str]) -> list[str]:
    size = "" if path.is_dir() else f", {path.stat().st_size:,} bytes"
    return [f"{path}: {kind}{size}", *(f"  {line}" for line in lines)]


# --- what is ours ---------------------------------------------------------------------------------


def _clip(path: Path) -> Iterator[str]:
    from .formats import read_clip

    try:
        clip = read_clip(path)
    except FormatError as error:
        listing = list(_arrays(path))
        if not listing:
            raise
        yield f"not a clip: {error.problem}"
        yield from listing
        return
    yield f"clip        {clip.n_frames} frames, {clip.duration:.2f} s at {clip.fps:g} fps"
    yield f"made for    {clip.made_for or 'any head'}"
    shape = "constant" if clip.shape.ndim == 1 else "per frame"
    yield f"shape       {clip.shape.shape[-1]} coefficients, {shape}"
    yield f"expression  {clip.expression.shape[1]} coefficients, up to {np.abs(clip.expression).max():.2f}"
    extra = [name for name in ("neck", "eyes", "translation", "detail") if getattr(clip, name) is not None]
    yield f"also        {', '.join(extra) or 'nothing more'}"
    yield f"jaw         opens to {np.degrees(clip.jaw[:, 0].max()):.1f}°"
    if clip.audio:
        yield f"sound       {clip.audio.duration:.2f} s at {clip.audio.rate:,} Hz"
    for key, value in clip.provenance.items():
        yield f"{key:<11} {value}"


def _arrays(path: Path) -> Iterator[str]:
    """Names and shapes of what NumPy can read without unpickling."""
    if path.is_dir():
        return
    try:
        with np.load(path, allow_pickle=False) as archive:
            for name in archive.files:
                yield f"{name}: {archive[name].dtype} {archive[name].shape}"
    except (*DAMAGED_ZIP, AttributeError):
        return


def _head(path: Path) -> Iterator[str]:
    from .head.store import load_head

    head = load_head(path)
    yield f"head        {head.name}"
    yield f"mesh        {head.n_vertices:,} vertices, {len(head.faces):,} triangles"
    yield f"bases       {head.n_shape} shape, {head.n_expression} expression"
    yield f"UV          {'yes' if head.uv is not None else 'no'}"
    yield f"regions     {len(head.regions)}: {_some(sorted(head.regions))}"
    yield f"landmarks   {', '.join(sorted(head.landmarks)) or 'none'}"
    yield f"actions     {len(head.actions)}: {_some(sorted(head.actions))}"
    for key, value in head.info.items():
        yield f"{key:<11} {value}"


def _some(names: list[str], shown: int = 12) -> str:
    more = f" … and {len(names) - shown} more" if len(names) > shown else ""
    return ", ".join(names[:shown]) + more


def _safetensors(path: Path) -> Iterator[str]:
    from safetensors import SafetensorError, safe_open

    from .head.storage import LAYOUT

    try:
        with safe_open(path, framework="np") as file:
            metadata = file.metadata() or {}
            slices = {key: file.get_slice(key) for key in file.keys()}  # noqa: SIM118
            tensors = {key: (part.get_dtype(), tuple(part.get_shape())) for key, part in slices.items()}
    except SafetensorError as error:
        raise FormatError(path, f"not a readable safetensors file ({error})") from error
    if metadata.get("layout") == LAYOUT:
        yield from _head(path)
    elif "expression" in tensors:
        yield from _clip(path)
    else:
        yield from _tensor_table(tensors)
        for key, value in metadata.items():
            yield f"{key}: {value[:200]}"


def _tensor_table(tensors: dict[str, tuple[str, tuple[int, ...]]]) -> Iterator[str]:
    count = sum(int(np.prod(shape)) for _, shape in tensors.values())
    yield f"{len(tensors)} tensors, {count:,} numbers"
    for key, (dtype, shape) in list(tensors.items())[:20]:
        yield f"{key}: {dtype} {shape}"
    if len(tensors) > 20:
        yield f"… and {len(tensors) - 20} more"


# --- what others made -----------------------------------------------------------------------------


def _pickle(path: Path) -> Iterator[str]:
    """A clip or a head of a layout that we know; anything else is refused by the readers."""
    try:
        lines = list(_clip(path))
    except FormatError:
        lines = list(_head(path))
    yield from lines


def _torch(path: Path) -> Iterator[str]:
    """Tensors of a torch file, read without running anything."""
    import pickle

    import torch

    try:
        content = torch.load(path, map_location="cpu", weights_only=True, mmap=False)
    except (pickle.UnpicklingError, RuntimeError, EOFError, ValueError) as error:
        reason = str(error).splitlines()[0][:200]
        raise FormatError(path, f"cannot be read without running code ({reason})") from error
    flat: dict[str, tuple[str, tuple[int, ...]]] = {}

    def collect(prefix: str, value: object) -> None:
        if isinstance(value, torch.Tensor):
            flat[prefix or "tensor"] = (str(value.dtype).removeprefix("torch."), tuple(value.shape))
        elif isinstance(value, dict):
            for key, item in value.items():
                collect(f"{prefix}.{key}" if prefix else str(key), item)

    collect("", content)
    yield from _tensor_table(flat)


def _glb(path: Path) -> Iterator[str]:
    with path.open("rb") as file:
        header = file.read(20)
        if len(header) < 20 or header[:4] != b"glTF":
            raise FormatError(path, "not a binary glTF file: it does not begin with 'glTF'")
        version, total, length, kind = struct.unpack("<IIII", header[4:])
        if kind != 0x4E4F534A or length > MAX_JSON or total != path.stat().st_size:
            raise FormatError(path, "damaged: its header does not agree with its size")
        yield f"version     {version}"
        yield from _gltf(file.read(length), path)


def _gltf(text: bytes, path: Path) -> Iterator[str]:
    try:
        content = json.loads(text[:MAX_JSON])
        meshes = content.get("meshes", [])
        targets = [len(p.get("targets", [])) for mesh in meshes for p in mesh["primitives"]]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise FormatError(path, f"its JSON cannot be read ({error})") from error
    yield f"generator   {content.get('asset', {}).get('generator', 'not named')}"
    yield f"meshes      {len(meshes)}, with {max(targets, default=0)} morph targets"
    yield f"animations  {len(content.get('animations', []))}"
    yield f"skins       {len(content.get('skins', []))}"


def _fbx(path: Path) -> Iterator[str]:
    with path.open("rb") as file:
        header = file.read(27)
    if not header.startswith(b"Kaydara FBX Binary") or len(header) < 27:
        raise FormatError(path, "not a binary FBX file")
    yield f"version     {struct.unpack('<I', header[23:27])[0] / 1000:.1f}, binary"


def _obj(path: Path) -> Iterator[str]:
    counts = {"v": 0, "vt": 0, "f": 0}
    with path.open("rb") as file:
        for line in file:
            word = line.split(maxsplit=1)[0].decode("latin1") if line.strip() else ""
            if word in counts:
                counts[word] += 1
    yield f"mesh        {counts['v']:,} vertices, {counts['vt']:,} UVs, {counts['f']:,} faces"


def _csv(path: Path) -> Iterator[str]:
    with path.open(encoding="utf-8", errors="replace") as file:
        header = file.readline(65536).strip().split(",")
        rows = sum(1 for _ in file)
    yield f"{len(header)} columns, {rows:,} rows: {', '.join(header[:6])}{' …' if len(header) > 6 else ''}"


def _json(path: Path) -> Iterator[str]:
    try:
        content = json.loads(existing_file(path, MAX_JSON).read_bytes())
    except (ValueError, RecursionError) as error:
        raise FormatError(path, f"not JSON ({error})") from error
    if isinstance(content, dict):
        yield f"keys: {', '.join(list(content)[:20])}"
    else:
        yield f"a {type(content).__name__}"


def _picture(path: Path) -> Iterator[str]:
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(path) as image:
            yield f"{image.format} {image.width} × {image.height}, {image.mode}"
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError) as error:
        raise FormatError(path, f"not a picture that can be read ({error})") from error


def _media(path: Path) -> Iterator[str]:
    import av

    try:
        with av.open(f"file:{path.resolve()}", options={"protocol_whitelist": "file"}) as container:
            for stream in container.streams:
                seconds = float((stream.duration or 0) * (stream.time_base or 0))
                yield f"{stream.type}: {stream.codec_context.name}, {seconds:.2f} s{_stream_size(stream)}"
    except av.FFmpegError as error:
        raise FormatError(path, f"not a media file that can be read ({error.strerror})") from error


def _stream_size(stream) -> str:
    if stream.type == "video":
        return f", {stream.width} × {stream.height} at {float(stream.average_rate or 0):g} fps"
    if stream.type == "audio":
        return f", {stream.rate:,} Hz, {stream.channels} channels"
    return ""
