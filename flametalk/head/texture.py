"""Texture coordinates for FLAME's triangles, which the model files do not hold."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from ..errors import FormatError
from ..files import PathLike, existing_file
from .embeddings import MAX_BYTES, load_entries
from .model import Head


def with_uv(head: Head, path: PathLike) -> Head:
    """Texture coordinates from `head_template.obj`, or from an .npz with `vt` and `ft`.

    The vertices of the template lie in another frame and are not used.
    """
    path = existing_file(path, MAX_BYTES)
    if path.suffix.lower() == ".obj":
        corners, uv, uv_faces = _read_obj(path)
        if corners.shape != tuple(head.faces.shape) or not np.array_equal(corners, head.faces.cpu().numpy()):
            raise FormatError(path, f"its triangles are not those of {head.name}", field="f")
    else:
        entries = load_entries(path)
        uv, uv_faces = (np.asarray(entries.get(name)) for name in ("vt", "ft"))
    expected = tuple(head.faces.shape)
    if uv.ndim != 2 or uv.shape[1] != 2 or uv.dtype.kind != "f" or not np.isfinite(uv).all():
        raise FormatError(path, "is not a list of texture coordinates", field="vt")
    if uv_faces.shape != expected or uv_faces.dtype.kind not in "iu":
        raise FormatError(path, f"has shape {uv_faces.shape}, expected {expected}", field="ft")
    if not (int(uv_faces.min()) >= 0 and int(uv_faces.max()) < len(uv)):
        raise FormatError(path, f"points outside the {len(uv)} texture coordinates", field="ft")
    device, dtype = head.template.device, head.template.dtype
    return replace(
        head,
        uv=torch.from_numpy(uv.astype(np.float64)).to(device, dtype),
        uv_faces=torch.from_numpy(uv_faces.astype(np.int32)).to(device),
    )


def _read_obj(path: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Vertex numbers, texture coordinates and their numbers of an OBJ file of triangles."""
    uv, corners, uv_corners = [], [], []
    for number, line in enumerate(path.read_text("utf-8", "replace").splitlines(), 1):
        kind, *words = line.split() or [""]
        try:
            if kind == "vt":
                uv.append((float(words[0]), float(words[1])))
            elif kind == "f":
                a, b, c = (word.split("/") for word in words)
                corners.append((int(a[0]), int(b[0]), int(c[0])))
                uv_corners.append((int(a[1]), int(b[1]), int(c[1])))
        except (ValueError, IndexError) as error:
            problem = "is not a triangle with texture coordinates ('f v/vt v/vt v/vt')"
            raise FormatError(
                path, problem if kind == "f" else "is not a coordinate", field=f"line {number}"
            ) from error
    if not uv or not corners:
        raise FormatError(path, "has no texture coordinates (vt) or no triangles (f)")
    return np.array(corners) - 1, np.array(uv, dtype=np.float64), np.array(uv_corners) - 1
