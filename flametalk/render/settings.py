"""How a picture is drawn: its settings, and what lies behind the head. Shared by the back ends."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, UInt8

from ..errors import InputError, UnknownNameError
from .backend import MODES
from .camera import Camera
from .looks import LOOKS, Look
from .packing import PATTERNS
from .surface import Surface

Background = tuple[float | int, float | int, float | int] | np.ndarray


@dataclass(frozen=True)
class Settings:
    """How the colour pass is drawn."""

    mode: str = "shaded"  # shaded, wire, normals, depth, uv, mask
    look: Look | str = "clay"  # or "skin", a skin tone, or a Look
    antialias: int = 4  # samples a pixel: 1, 2, 4, 8
    background: Background | None = None  # sRGB 0…255 colour or uint8 picture; else the look's
    two_sided: bool = True  # False leaves out triangles seen from behind
    depth_range: tuple[float, float] | None = None  # metres shown white and black in mode "depth"

    def __post_init__(self) -> None:
        if self.mode not in MODES:
            raise UnknownNameError("render mode", self.mode, MODES)
        if isinstance(self.look, str) and self.look not in LOOKS:
            raise UnknownNameError("look", self.look, LOOKS)
        if self.antialias not in PATTERNS:
            raise InputError(f"antialias is {self.antialias} samples, expected one of {[*PATTERNS]}")
        if self.depth_range is not None and not self.depth_range[0] < self.depth_range[1]:
            raise InputError(f"depth range is {self.depth_range}, expected (nearest, farthest) in metres")

    @property
    def the_look(self) -> Look:
        return LOOKS[self.look] if isinstance(self.look, str) else self.look

    @property
    def is_data(self) -> bool:
        """Modes whose values are numbers, not light: black around them and no sRGB curve."""
        return self.mode in ("normals", "depth", "uv", "mask")


def uv_of(surface: Surface, needed: bool) -> tuple[np.ndarray, np.ndarray]:
    """Coordinates and their corners, or empty stand-ins where no pass asks for them."""
    if not needed:
        return np.zeros((1, 2), np.float32), np.zeros((1, 3), np.int32)
    if surface.uv is None or surface.uv_faces is None:
        raise InputError("this surface has no uv coordinates; give uv and uv_faces to `from_faces`")
    return surface.uv, surface.uv_faces


def depth_span(depth: Float32[np.ndarray, "n"]) -> Float32[np.ndarray, "2"]:
    """Nearest and farthest vertex with a little room: the farthest is not as black as the background."""
    if not len(depth):
        return np.array([0, 1], np.float32)
    low, high = float(depth.min()), float(depth.max())
    return np.array([low, high + 0.12 * max(high - low, 1e-6)], np.float32)


def background_picture(settings: Settings, camera: Camera) -> UInt8[np.ndarray, "h w 3"]:
    """The background in the camera's size."""
    given = settings.background
    if given is None:
        given = (0.0, 0.0, 0.0) if settings.is_data else settings.the_look.background
    colour = np.asarray(given)
    if colour.ndim == 3:
        if colour.shape != (camera.height, camera.width, 3) or colour.dtype != np.uint8:
            raise InputError(
                f"background picture is {colour.shape} {colour.dtype}, expected "
                f"{(camera.height, camera.width, 3)} uint8"
            )
        return np.ascontiguousarray(colour)
    if colour.shape != (3,) or colour.min() < 0 or colour.max() > 255:
        raise InputError(f"background {given} is not a colour; expected three numbers from 0 to 255")
    return np.broadcast_to(np.rint(colour).astype(np.uint8), (camera.height, camera.width, 3)).copy()
