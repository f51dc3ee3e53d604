"""A surface and a look as the flat arrays that the kernels and their NumPy twin read."""

from dataclasses import dataclass
from functools import lru_cache
from threading import Lock
from typing import Final

import numpy as np
from jaxtyping import Bool, Float32, Int64

from .colours import linear
from .looks import GUMS, LIPS, MATERIALS, MOUTH, SKIN, Lamp, Look
from .skin import PaintedSkin, Tone
from .surface import Surface
from .texture import NO_PYRAMID, Pyramid, build_pyramid, texel_areas

N_CORNER: Final = (
    7  # linear red, green, blue, height and width of the highlight, ambient and lamp light let in
)
SOFT: Final = (SKIN, LIPS, GUMS, MOUTH)  # materials that run into each other where they share vertices

# Sample positions in 1/256 pixel from the pixel's corner: the usual rotated patterns of 1, 2, 4, 8 samples.
PATTERNS: Final[dict[int, tuple[tuple[int, int], ...]]] = {
    1: ((128, 128),),
    2: ((192, 192), (64, 64)),
    4: ((96, 32), (224, 96), (32, 160), (160, 224)),
    8: ((144, 80), (112, 176), (208, 144), (80, 48), (48, 208), (16, 112), (176, 240), (240, 16)),
}


def pattern_of(samples: int) -> Int64[np.ndarray, "s 2"]:
    return np.array(PATTERNS[samples], np.int64)


@dataclass(frozen=True, eq=False)
class Paint:
    """What shading needs besides the vertices."""

    corners: Float32[np.ndarray, "f 3 7"]  # see N_CORNER
    plain: Bool[np.ndarray, "f"]  # colour and highlight are the same at all three corners
    lamps: Float32[np.ndarray, "4 7"]  # unit direction, colour, highlight of key, fill, back, catch
    studio: Float32[np.ndarray, "11"]  # sky, ground, rim, exposure, 1 / (1 + wrap)
    inside: Float32[np.ndarray, "7"]  # a row of `corners` for back faces
    eye: Float32[np.ndarray, "18"]  # sclera, inner, outer, limbus, pupil; pupil radius, fibres, lid_shade
    pyramid: Pyramid
    areas: Float32[np.ndarray, "f"]  # twice the triangle in texels; 0 = without texture


_one_at_a_time = Lock()


def paint(surface: Surface, look: Look) -> Paint:
    """Kept for the last few surfaces and looks (both are immutable)."""
    with _one_at_a_time:
        return _paint(surface, look)


@lru_cache(maxsize=16)
def _paint(surface: Surface, look: Look) -> Paint:
    studio = look.studio
    eye, wrap = look.eye, (1 / (1 + width) for width in look.wrap)
    colours = np.concatenate([linear(c) for c in (eye.sclera, eye.inner, eye.outer, eye.limbus, eye.pupil)])
    pyramid, areas = _textured(surface, look)
    corners = _corners(surface, look)
    return Paint(
        corners=corners,
        plain=(corners[:, :, :5] == corners[:, :1, :5]).all((1, 2)),
        lamps=np.stack([_lamp(lamp) for lamp in (studio.key, studio.fill, studio.back, studio.catch)]),
        studio=np.array([*studio.sky, *studio.ground, studio.rim, look.exposure, *wrap], np.float32),
        inside=np.array([*linear(look.inside), 0, 1, 0.4, 0.5], np.float32),
        eye=np.array([*colours, eye.pupil_radius, eye.fibres, eye.lid_shade], np.float32),
        pyramid=pyramid,
        areas=areas,
    )


def _textured(surface: Surface, look: Look) -> tuple[Pyramid, Float32[np.ndarray, "f"]]:
    """The texture in the tone of the look, and which triangles wear it: skin and lips."""
    areas = np.zeros(len(surface.faces), np.float32)
    if surface.texture is None or look.tone is None or surface.uv is None or surface.uv_faces is None:
        return NO_PYRAMID, areas
    pyramid = _pyramid(surface.texture, look.tone)
    wearing = np.isin(surface.materials, (SKIN, LIPS))
    _, width, height = pyramid.levels[0]
    areas[wearing] = texel_areas(surface.uv, surface.uv_faces[wearing], int(width), int(height))
    return pyramid, areas


def _pyramid(texture: PaintedSkin | np.ndarray, tone: Tone) -> Pyramid:
    if isinstance(texture, PaintedSkin):
        return _painted(texture, tone)
    return build_pyramid(texture)


@lru_cache(maxsize=6)
def _painted(skin: PaintedSkin, tone: Tone) -> Pyramid:
    return build_pyramid(skin.texture(tone))


def _lamp(lamp: Lamp) -> Float32[np.ndarray, "7"]:
    direction = np.asarray(lamp.direction, np.float64)
    return np.array([*(direction / np.linalg.norm(direction)), *lamp.colour, lamp.specular], np.float32)


def _corners(surface: Surface, look: Look) -> Float32[np.ndarray, "f 3 7"]:
    """Each triangle corner's values. Where soft materials meet, a vertex takes the mean of its triangles."""
    kinds = [look.material(name) for name in MATERIALS]
    # colour, specular, width, least light, share of occlusion on lamps
    table = np.array(
        [[*linear(k.colour), k.specular, k.roughness**4, k.least_light, k.occlusion] for k in kinds],
        np.float32,
    )
    corner = np.repeat(table[surface.materials][:, None], 3, axis=1)
    soft = np.isin(surface.materials, SOFT)
    if soft.any():
        faces = surface.faces[soft]
        total = np.zeros((surface.n_vertices, table.shape[1]))
        count = np.zeros((surface.n_vertices, 1))
        for k in range(3):
            np.add.at(total, faces[:, k], corner[soft, k])
            np.add.at(count, faces[:, k], 1)
        corner[soft] = (total / np.maximum(count, 1))[faces]
    if surface.albedo is not None:
        own = np.isin(surface.materials, (SKIN, LIPS))
        corner[own, :, :3] = linear(surface.albedo * 255)[surface.faces[own]]

    ambient = np.maximum(np.clip(surface.occlusion, 0, 1)[surface.faces], corner[..., 5])
    lamps = 1 - corner[..., 6] * (1 - ambient)
    packed = np.concatenate([corner[..., :5], ambient[..., None], lamps[..., None]], -1)
    return np.ascontiguousarray(packed, np.float32)
