"""What every back end offers: `Renderer.render`, with one camera and one set of passes."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from jaxtyping import Float32, Int32, UInt8

from .camera import Camera
from .surface import Surface

PASSES: Final = ("colour", "mask", "depth", "normal", "uv", "face", "barycentric")


@dataclass(frozen=True, eq=False)
class Passes:
    """Pictures of one frame; those not asked for are None.

    Only `colour` and `mask` are anti-aliased. The others are taken at the pixel's centre: an average of
    two depths would be the depth of nothing.
    """

    colour: UInt8[np.ndarray, "h w 3"] | None = None  # sRGB
    mask: Float32[np.ndarray, "h w"] | None = None  # covered part of the pixel, 0…1
    depth: Float32[np.ndarray, "h w"] | None = None  # metres along the view axis; 0 where nothing is
    normal: Float32[np.ndarray, "h w 3"] | None = None  # unit; x right, y up, z toward the viewer; else 0
    uv: Float32[np.ndarray, "h w 2"] | None = None  # v up; 0 where nothing is
    face: Int32[np.ndarray, "h w"] | None = None  # triangle seen; −1 where nothing is
    barycentric: Float32[np.ndarray, "h w 3"] | None = None  # of its corners, perspective-correct


class Renderer(Protocol):
    """A back end. The same camera, surface and passes whatever draws them."""

    def render(
        self,
        vertices: Float32[np.ndarray, "v c"],
        surface: Surface,
        camera: Camera,
        passes: Collection[str] = ("colour",),
    ) -> Passes:
        """One frame."""
        ...
