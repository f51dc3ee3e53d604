"""A surface in a look as the pieces that programs with materials of their own want: each has one material,
corner colours or a picture with coordinates, and nothing of our shading in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from jaxtyping import Float32, Int, UInt8

from ..colours import encode
from ..looks import IRIS, MATERIALS, PUPIL, SCLERA, Look, Material
from ..packing import Paint, paint
from ..reference import eyeball
from ..surface import Surface

EYE_REACH: Final = 2.5  # half the side of the eye's picture, in iris radii
EYE_SIZE: Final = 768  # pixels a side


@dataclass(frozen=True, eq=False)
class Piece:
    """Triangles that share a material. `n` of them."""

    name: str  # skin, eyes, or one of looks.MATERIALS
    faces: Int[np.ndarray, "n"]  # rows of `surface.faces`
    material: Material
    colour: Float32[np.ndarray, "n 3 3"]  # of the corners, linear; white where there is a picture
    occlusion: Float32[np.ndarray, "n 3"]  # ambient light let in
    uv: Float32[np.ndarray, "n 3 2"] | None = None  # v up
    picture: UInt8[np.ndarray, "h w 3"] | None = None  # sRGB, row 0 at v = 1


@lru_cache(maxsize=4)
def pieces(surface: Surface, look: Look) -> Sequence[Piece]:
    """All triangles, each once."""
    coat = paint(surface, look)
    textured = coat.areas > 0
    eyes = np.isin(surface.materials, (SCLERA, IRIS, PUPIL)) & ~textured
    found = []
    if textured.any():
        found.append(_textured(surface, look, coat, np.flatnonzero(textured)))
    if eyes.any():
        found.append(_eyes(surface, look, coat, np.flatnonzero(eyes)))
    for kind in np.unique(surface.materials[~textured & ~eyes]):
        name = MATERIALS[kind]
        rows = np.flatnonzero((surface.materials == kind) & ~textured & ~eyes)
        found.append(
            Piece(name, rows, look.material(name), coat.corners[rows, :, :3], coat.corners[rows, :, 5])
        )
    return found


def _textured(surface: Surface, look: Look, coat: Paint, rows: np.ndarray) -> Piece:
    assert surface.uv is not None and surface.uv_faces is not None
    uv, white = surface.uv[surface.uv_faces[rows]], np.ones((len(rows), 3, 3), np.float32)
    picture = encode(coat.pyramid.level(0)[..., :3])
    return Piece("skin", rows, look.skin, white, coat.corners[rows, :, 5], uv, picture)


def _eyes(surface: Surface, look: Look, coat: Paint, rows: np.ndarray) -> Piece:
    gaze = surface.gaze[surface.faces[rows]] / np.float32(2 * EYE_REACH) + np.float32(0.5)
    white = np.ones((len(rows), 3, 3), np.float32)
    picture = eye_picture(coat)
    return Piece("eyes", rows, look.eyes, white, coat.corners[rows, :, 5], np.clip(gaze, 0, 1), picture)


def eye_picture(coat: Paint) -> UInt8[np.ndarray, "n n 3"]:
    """The eyeball's front, flat: the angle from its axis becomes the distance from the middle."""
    along = ((np.arange(EYE_SIZE) + 0.5) / EYE_SIZE * 2 - 1) * EYE_REACH
    x, y = np.meshgrid(along, -along)
    scale = np.full((EYE_SIZE**2, 1), 2 * EYE_REACH / EYE_SIZE)
    light = eyeball(np.stack([x.ravel(), y.ravel()], -1), scale, coat.eye.astype(np.float64))
    return encode(np.clip(light, 0, 1)).reshape(EYE_SIZE, EYE_SIZE, 3)
