"""Wrinkles and pores: a basis of heights in texture space, set by a detail code and deepened by expressions.

    basis = load_detail("builtin-1")
    code = basis.code(detail, expression, shape)     # (t, 128): the clip's own, and what the face does
    basis.heights(code[0])                           # (size, size) metres, row 0 at v = 1

Heights go along the normal, outward. 1 is a marked, grown-up wrinkle; `dense.py` puts them on a fine mesh.
The built-in head's basis is made by `scripts/build_head/detail`; FLAME's detail belongs to DECA and EMOCA.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from jaxtyping import Float, Float32

from ..conventions import MILLIMETRES, N_DETAIL
from ..errors import AssetError, FormatError, InputError
from ..files import PathLike, existing_file

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from .model import Head

FILES: Final = {"builtin-1": "builtin_detail.png"}  # head -> its basis beside it in the package
SIZE: Final = 1024  # texels a side of the maps
MAX_BYTES, MAX_TEXELS, MAX_SIDE = 16 << 20, 1 << 24, 4096
NONE, LEVELS = 128, 127  # grey that means no height, grey steps to the greatest one
LIMIT = 2.0  # of a component, however much drives it


@dataclass(frozen=True, eq=False)
class Tile:
    """Where one component is not zero."""

    heights: Float32[np.ndarray, "h w"]  # metres
    size: int  # of the texture that it is cut from
    left: int
    top: int


@dataclass(frozen=True, eq=False)
class DetailBasis:
    """Components by name, and what drives them besides the code."""

    names: tuple[str, ...]
    tiles: tuple[Tile, ...]
    by_expression: Mapping[str, Mapping[str, float]]  # component -> expression -> strength
    by_shape: Mapping[str, Mapping[str, float]]

    def code(
        self,
        head: "Head",
        detail: Float[np.ndarray, "#t d"] | None = None,
        expression: Float[np.ndarray, "#t e"] | None = None,
        shape: Float[np.ndarray, "#t s"] | None = None,
    ) -> Float32[np.ndarray, "t 128"]:
        """Strength of every component: the code, and what the positive parts of expression and shape add."""
        total = np.zeros((1, len(self.names)), np.float32)
        if detail is not None:
            if detail.shape[-1] != len(self.names):
                raise InputError(f"detail has {detail.shape[-1]} numbers a frame, expected {len(self.names)}")
            total = total + detail
        for given, table, names in (
            (expression, self.by_expression, head.expression_names),
            (shape, self.by_shape, head.shape_names),
        ):
            if given is not None:
                total = total + np.maximum(given, 0) @ self._drive(table, names)[: given.shape[-1]]
        return np.clip(total, -LIMIT, LIMIT).astype(np.float32)

    def _drive(self, table: Mapping[str, Mapping[str, float]], names: Sequence[str]) -> np.ndarray:
        """(names, components)."""
        rows = {name: i for i, name in enumerate(names)}
        columns = {name: i for i, name in enumerate(self.names)}
        matrix = np.zeros((len(names), len(self.names)), np.float32)
        for part, pulls in table.items():
            for name, strength in pulls.items():
                if name in rows:
                    matrix[rows[name], columns[part]] = strength
        return matrix

    def heights(self, code: Float[np.ndarray, "128"], size: int = SIZE) -> Float32[np.ndarray, "n n"]:
        """The displacement map of one code, in metres; row 0 at the top of the texture (v = 1)."""
        place = (np.arange(size) + 0.5) / size
        u, v = np.meshgrid(place, 1 - place)
        values = self.at(np.stack([u.ravel(), v.ravel()], -1)) @ np.asarray(code, np.float32)
        return values.reshape(size, size).astype(np.float32)

    def at(self, uv: Float[np.ndarray, "n 2"]) -> "csr_matrix":
        """The basis (n, 128) at places of the texture, in metres: `.at(uv) @ code` are heights."""
        from scipy.sparse import coo_matrix

        rows, columns, values = [], [], []
        for number, tile in enumerate(self.tiles):
            inside, height = _sample(tile, uv)
            rows.append(inside)
            columns.append(np.full(len(inside), number))
            values.append(height)
        where = np.concatenate(rows), np.concatenate(columns)
        return coo_matrix((np.concatenate(values), where), (len(uv), len(self.tiles))).tocsr()


def _sample(tile: Tile, uv: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Which places lie on a tile, and the height there, between texels linear."""
    x, y = uv[:, 0] * tile.size - 0.5 - tile.left, (1 - uv[:, 1]) * tile.size - 0.5 - tile.top
    rows, columns = tile.heights.shape
    inside = np.flatnonzero((x > -1) & (y > -1) & (x < columns) & (y < rows))
    x, y = x[inside] + 1, y[inside] + 1  # in the tile with a border of zeros around it
    padded = np.pad(tile.heights, 1)
    i, j = y.astype(int), x.astype(int)
    s, t = (x - j).astype(np.float32), (y - i).astype(np.float32)
    upper = (1 - s) * padded[i, j] + s * padded[i, j + 1]
    lower = (1 - s) * padded[i + 1, j] + s * padded[i + 1, j + 1]
    return inside, (1 - t) * upper + t * lower


def has_detail(head_name: str) -> bool:
    """Whether the package holds a detail basis for this head."""
    return head_name in FILES


@lru_cache(maxsize=2)
def load_detail(head_name: str) -> DetailBasis:
    """The basis of a head, read once."""
    if head_name not in FILES:
        raise AssetError(
            f"no detail basis for head '{head_name}', only for {', '.join(FILES)}: leave `detail` out"
        )
    return read_detail(Path(str(files("flametalk.head") / FILES[head_name])))


def read_detail(path: PathLike) -> DetailBasis:
    """A basis from its file: a grey PNG of tiles with a JSON note `detail`."""
    from PIL import Image, UnidentifiedImageError

    path = existing_file(path, MAX_BYTES)
    try:
        with Image.open(path) as picture:
            if picture.width * picture.height > MAX_TEXELS:
                raise ValueError(f"{picture.size} pixels are too many")
            note = json.loads(picture.info["detail"])
            sheet = np.asarray(picture.convert("L"))
        names = tuple(str(name) for name in note["names"])
        tiles = tuple(_tile(sheet, entry) for entry in note["tiles"])
        if len(names) != N_DETAIL or len(tiles) != N_DETAIL:
            raise ValueError(f"{len(names)} names and {len(tiles)} tiles, expected {N_DETAIL}")
        tables = [_table(note[kind], names) for kind in ("expression", "shape")]
    except (UnidentifiedImageError, OSError, SyntaxError, KeyError, TypeError, ValueError) as error:
        raise FormatError(path, f"is not a detail basis ({error})") from error
    return DetailBasis(names, tiles, *tables)


def _tile(sheet: np.ndarray, note: dict) -> Tile:
    (x, y, width, height), (left, top) = note["tile"], note["place"]
    size, scale = int(note["size"]), float(note["millimetres"])
    if not 0 < size <= MAX_SIDE or not 0 < scale < 20:
        raise ValueError(f"a tile of {size} texels a side and {scale} mm")
    if min(x, y, left, top) < 0 or left + width > size or top + height > size:
        raise ValueError("a tile outside its texture")
    grey = sheet[y : y + height, x : x + width]
    if grey.shape != (height, width) or not grey.size:
        raise ValueError("a tile outside the sheet")
    heights = (grey.astype(np.float32) - NONE) * np.float32(scale / LEVELS / MILLIMETRES)
    return Tile(heights, size, int(left), int(top))


def _table(given: dict, names: tuple[str, ...]) -> dict[str, dict[str, float]]:
    unknown = set(given) - set(names)
    if unknown:
        raise ValueError(f"drives unknown components {sorted(unknown)[:3]}")
    return {part: {str(k): float(v) for k, v in pulls.items()} for part, pulls in given.items()}
