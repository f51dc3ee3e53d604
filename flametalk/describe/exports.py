"""What our exporters write, and others too: scenes, meshes, tables, JSON."""

import json
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from ..errors import FormatError
from ..files import existing_file

MAX_JSON: Final = 64 * 2**20  # bytes of glTF JSON that we read


def glb(path: Path) -> Iterator[str]:
    with path.open("rb") as file:
        header = file.read(20)
        if len(header) < 20 or header[:4] != b"glTF":
            raise FormatError(path, "not a binary glTF file: it does not begin with 'glTF'")
        version, total, length, kind = struct.unpack("<IIII", header[4:])
        if kind != 0x4E4F534A or length > MAX_JSON or total != path.stat().st_size:
            raise FormatError(path, "damaged: its header does not agree with its size")
        yield f"version     {version}"
        yield from _scene(file.read(length), path)


def gltf(path: Path) -> Iterator[str]:
    with path.open("rb") as file:
        yield from _scene(file.read(MAX_JSON), path)


def _scene(text: bytes, path: Path) -> Iterator[str]:
    try:
        content = json.loads(text)
        meshes = content.get("meshes", [])
        targets = [len(p.get("targets", [])) for mesh in meshes for p in mesh["primitives"]]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise FormatError(path, f"its JSON cannot be read ({error})") from error
    yield f"generator   {content.get('asset', {}).get('generator', 'not named')}"
    yield f"meshes      {len(meshes)}, with {max(targets, default=0)} morph targets"
    yield f"animations  {len(content.get('animations', []))}"
    yield f"skins       {len(content.get('skins', []))}"


def obj(path: Path) -> Iterator[str]:
    counts = {"v": 0, "vt": 0, "f": 0}
    with path.open("rb") as file:
        for line in file:
            word = line.split(maxsplit=1)[0].decode("latin1") if line.strip() else ""
            if word in counts:
                counts[word] += 1
    yield f"mesh        {counts['v']:,} vertices, {counts['vt']:,} UVs, {counts['f']:,} faces"


def csv(path: Path) -> Iterator[str]:
    with path.open(encoding="utf-8", errors="replace") as file:
        header = file.readline(65536).strip().split(",")
        rows = sum(1 for _ in file)
    yield f"{len(header)} columns, {rows:,} rows: {', '.join(header[:6])}{' …' if len(header) > 6 else ''}"


def json_file(path: Path) -> Iterator[str]:
    try:
        content = json.loads(existing_file(path, MAX_JSON).read_bytes())
    except (ValueError, RecursionError) as error:
        raise FormatError(path, f"not JSON ({error})") from error
    if isinstance(content, dict):
        yield f"keys: {', '.join(list(content)[:20])}"
    else:
        yield f"a {type(content).__name__}"
