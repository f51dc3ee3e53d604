"""Pictures on a surface: reading them, and the smaller and smaller copies that far views are drawn from."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Int32, Int64, UInt8

from ..errors import FormatError, InputError
from ..files import PathLike, existing_file
from .colours import decode_table

MAX_SIDE = 8192  # texels
MAX_BYTES = 256 << 20


@dataclass(frozen=True, eq=False)
class Pyramid:
    """A texture and its halvings. Each texel is the mean of the light of four of the level below."""

    texels: Int32[np.ndarray, "n"]  # level after level, row after row; see `pack`
    levels: Int64[np.ndarray, "m 3"]  # first texel, width, height

    def level(self, number: int) -> Float32[np.ndarray, "h w 4"]:
        """The light of one level, and the share of the highlight."""
        first, width, height = self.levels[number]
        return unpack(self.texels[first : first + width * height]).reshape(height, width, 4)


def pack(light: Float32[np.ndarray, "h w 4"]) -> Int32[np.ndarray, "n"]:
    """Four bytes a texel: square roots of linear values, which are nearly as even to the eye as sRGB and
    cost one multiplication to undo."""
    root = np.rint(255 * np.sqrt(np.clip(light, 0, 1))).astype(np.uint32)
    return (root[..., 0] | root[..., 1] << 8 | root[..., 2] << 16 | root[..., 3] << 24).ravel().view(np.int32)


def unpack(texels: Int32[np.ndarray, "n"]) -> Float32[np.ndarray, "n 4"]:
    """Back to linear values."""
    root = texels.view(np.uint32)[:, None] >> np.array([0, 8, 16, 24], np.uint32) & np.uint32(255)
    return (root.astype(np.float32) / 255) ** 2


NO_PYRAMID = Pyramid(np.zeros(1, np.int32), np.zeros((0, 3), np.int64))


def build_pyramid(texture: UInt8[np.ndarray, "h w 4"]) -> Pyramid:
    """Down to a side of one texel; a last odd row or column counts twice."""
    light = np.concatenate([decode_table()[texture[..., :3]], texture[..., 3:] / np.float32(255)], -1)
    pictures = [light]
    while max(light.shape[:2]) > 1:
        light = np.pad(light, ((0, light.shape[0] % 2), (0, light.shape[1] % 2), (0, 0)), "edge")
        light = (light[::2, ::2] + light[1::2, ::2] + light[::2, 1::2] + light[1::2, 1::2]) * np.float32(0.25)
        pictures.append(light)
    sizes = [p.shape[0] * p.shape[1] for p in pictures]
    first = np.cumsum([0, *sizes[:-1]])
    levels = [(start, p.shape[1], p.shape[0]) for start, p in zip(first, pictures, strict=True)]
    return Pyramid(np.concatenate([pack(p) for p in pictures]), np.array(levels, np.int64))


def read_texture(picture: PathLike | np.ndarray) -> UInt8[np.ndarray, "h w 4"]:
    """sRGB pixels (a path, or (h, w, 3) uint8) with full highlights everywhere."""
    if not isinstance(picture, np.ndarray):
        picture = _load(picture)
    if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] not in (3, 4) or not picture.size:
        raise InputError(f"texture is {picture.shape} {picture.dtype}, expected (h, w, 3) uint8")
    if max(picture.shape[:2]) > MAX_SIDE:
        raise InputError(f"texture is {picture.shape[:2]}, at most {MAX_SIDE} texels a side can be used")
    shine = np.full((*picture.shape[:2], 1), 255, np.uint8)
    return np.concatenate([picture[..., :3], shine], -1)


def _load(path: PathLike) -> np.ndarray:
    from PIL import Image, UnidentifiedImageError

    path = existing_file(path, MAX_BYTES)
    try:
        with Image.open(path) as image:
            if max(image.size) > MAX_SIDE:
                raise InputError(f"{path} is {image.size}, at most {MAX_SIDE} texels a side can be used")
            return np.asarray(image.convert("RGB"))
    except (UnidentifiedImageError, OSError, SyntaxError) as error:
        raise FormatError(path, f"is not a picture that can be read ({error})") from error


def texel_areas(
    uv: Float32[np.ndarray, "t 2"], corners: np.ndarray, width: int, height: int
) -> Float32[np.ndarray, "f"]:
    """Twice the area of each triangle in texels; at least a trace, as 0 means "without texture"."""
    edges = uv[corners][:, 1:] - uv[corners][:, :1]
    cross = edges[:, 0, 0] * edges[:, 1, 1] - edges[:, 0, 1] * edges[:, 1, 0]
    return np.maximum(np.abs(cross) * np.float32(width * height), np.float32(1e-12))
