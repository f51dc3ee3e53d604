"""DECA's data files, which the user brings: FLAME's face in the texture, fixed displacement, dense mesh."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from jaxtyping import Float32, Int32

from ...conventions import FLAME_VERTICES
from ...errors import AssetError, FileError, FormatError
from ...files import PathLike, existing_file, read_safetensors, write_safetensors
from ...head.store import data_folder
from ...unpickle import load_object_npy
from .decoder import MAP

DENSE: Final = "texture_data_256.npy"
FIXED: Final = "fixed_displacement_256.npy"
MASK: Final = "uv_face_eye_mask.png"
MAX_BYTES: Final = 256 << 20
MAX_SIDE: Final = 8192
SHAPES: Final = {  # as in `DecaData`
    "mask": "float 256 256",
    "fixed": "float 256 256",
    "corners": "int d 3",
    "weights": "float d 3",
    "rows": "int d",
    "columns": "int d",
    "faces": "int g 3",
}


@dataclass(frozen=True, eq=False)
class DecaData:
    """FLAME's texture at 256 texels a side, row 0 at v = 1; and the dense mesh, a vertex a texel."""

    mask: Float32[np.ndarray, "256 256"]  # 0 … 1, where detail shows
    fixed: Float32[np.ndarray, "256 256"]  # metres, always added
    corners: Int32[np.ndarray, "d 3"]  # vertices of FLAME around each dense one
    weights: Float32[np.ndarray, "d 3"]
    rows: Int32[np.ndarray, "d"]  # texel of each dense vertex
    columns: Int32[np.ndarray, "d"]
    faces: Int32[np.ndarray, "g 3"]


def find_deca_data(folder: PathLike) -> dict[str, Path] | None:
    """The three files at or below a folder, or None where one is missing."""
    place = Path(folder).expanduser()
    if not place.is_dir():
        place = place.parent
    found: dict[str, Path] = {}
    for path in sorted(place.rglob("*")):
        if path.name in (DENSE, FIXED, MASK) and path.is_file():
            found.setdefault(path.name, path)
    return found if len(found) == 3 else None


def read_deca_data(folder: PathLike) -> DecaData:
    """The three official files, checked."""
    files = find_deca_data(folder)
    if files is None:
        raise FileError(folder, f"does not hold all of {DENSE}, {FIXED} and {MASK}")
    fixed = np.asarray(load_object_npy(files[FIXED], max_bytes=MAX_BYTES))
    if fixed.shape != (MAP, MAP) or fixed.dtype.kind != "f" or not np.isfinite(fixed).all():
        raise FormatError(
            files[FIXED], f"has shape {fixed.shape} {fixed.dtype}, expected {(MAP, MAP)} floats"
        )
    dense = load_object_npy(files[DENSE], max_bytes=MAX_BYTES)
    if not isinstance(dense, dict):
        raise FormatError(files[DENSE], f"holds a {type(dense).__name__}, a dictionary was expected")
    return _dense(dense, files[DENSE], _mask(files[MASK]), fixed.astype(np.float32))


def _mask(path: Path) -> np.ndarray:
    """The first channel, the nearest texel where it is of another size."""
    from PIL import Image, UnidentifiedImageError

    existing_file(path, MAX_BYTES)
    try:
        with Image.open(path) as picture:
            if max(picture.size) > MAX_SIDE:
                raise FormatError(path, f"is {picture.size}, more than {MAX_SIDE} a side")
            values = np.asarray(picture.convert("RGB"))[..., 0]
    except (UnidentifiedImageError, OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise FormatError(path, f"is not a picture that can be read ({error})") from error
    rows = np.arange(MAP) * values.shape[0] // MAP
    columns = np.arange(MAP) * values.shape[1] // MAP
    return (values[rows][:, columns] / 255).astype(np.float32)


def _dense(entries: dict[str, Any], path: Path, mask: np.ndarray, fixed: np.ndarray) -> DecaData:
    def numbers(name: str, kinds: str) -> np.ndarray:
        value = np.asarray(entries.get(name))
        if value.dtype.kind not in kinds or not np.isfinite(value).all():
            raise FormatError(path, "is missing, or is not a list of numbers", field=name)
        return value

    ids = numbers("valid_pixel_ids", "iuf").astype(np.int64).ravel()
    corners = numbers("valid_pixel_3d_faces", "iuf").astype(np.int64)
    weights = numbers("valid_pixel_b_coords", "f")
    faces = numbers("f", "iuf").astype(np.int64)
    x, y = (numbers(name, "iuf").astype(np.int64).ravel() for name in ("x_coords", "y_coords"))
    n = len(ids)
    if corners.shape != (n, 3) or weights.shape != (n, 3) or faces.ndim != 2 or faces.shape[1] != 3 or n == 0:
        raise FormatError(
            path, f"has {n} texels, corners {corners.shape}, weights {weights.shape}, which disagree"
        )
    limits = {
        "valid_pixel_ids": (ids, min(len(x), len(y))),
        "valid_pixel_3d_faces": (corners, FLAME_VERTICES),
        "f": (faces, n),
    }
    for name, (value, limit) in limits.items():
        if value.min() < 0 or value.max() >= limit:
            raise FormatError(path, f"has values outside 0 … {limit - 1}", field=name)
    rows, columns = y[ids], x[ids]
    for name, value in {"y_coords": rows, "x_coords": columns}.items():
        if value.min() < 0 or value.max() >= MAP:
            raise FormatError(path, f"has texels outside 0 … {MAP - 1}", field=name)
    return DecaData(
        mask, fixed, corners.astype(np.int32), weights.astype(np.float32), rows.astype(np.int32),
        columns.astype(np.int32), faces.astype(np.int32),
    )  # fmt: skip


def data_file() -> Path:
    """Where the added files lie."""
    return data_folder() / "emoca" / "data" / "deca.safetensors"


def save_deca_data(data: DecaData) -> Path:
    """Keep them in the data folder."""
    write_safetensors(data_file(), {name: np.ascontiguousarray(value) for name, value in vars(data).items()})
    return data_file()


def load_deca_data() -> DecaData:
    """The added files."""
    path = data_file()
    if not path.is_file():
        raise AssetError(
            f"detail on FLAME needs DECA's {DENSE}, {FIXED} and {MASK}: "
            "`flametalk assets add emoca DIR` keeps them where they lie in or below DIR"
        )
    arrays, _ = read_safetensors(path, "DECA's data as kept here", MAX_BYTES, expected=SHAPES)
    return DecaData(**arrays)
