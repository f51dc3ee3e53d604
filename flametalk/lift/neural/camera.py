"""The weak-perspective camera of the codes: scale and shift, then y and z turned round.

p = s · (X + (tx, ty, 0)),   x right = p_x, y down = −p_y, both −1 … 1 over the crop; depth = −p_z
"""

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from ...render.camera import Camera
from ..crop import PIXELS, FaceBox

TURNED = (1.0, -1.0, -1.0)


def project(points: Float[Tensor, "b n 3"], camera: Float[Tensor, "b 3"]) -> Float[Tensor, "b n 3"]:
    """Places in the crop, −1 … 1 with y down, and depth in the same scale."""
    shift = torch.nn.functional.pad(camera[:, None, 1:], (0, 1))
    return camera[:, None, :1] * (points + shift) * points.new_tensor(TURNED)


def crop_camera(camera: Float[np.ndarray, "3"], pixels: int = PIXELS) -> Camera:
    """The same as a camera of the renderer, whose picture is the crop."""
    return _camera(camera, (pixels, pixels), pixels, (pixels / 2, pixels / 2))


def picture_camera(
    camera: Float[np.ndarray, "3"], box: FaceBox, size: tuple[int, int], pixels: int = PIXELS
) -> Camera:
    """The same for the whole picture of `size` (width, height) that the crop was cut from.

    The middles of the first and the last pixel of the crop lie `box.side` apart, its edges a little more.
    """
    side = box.side * pixels / (pixels - 1)
    return _camera(camera, size, side, (box.x + 0.5, box.y + 0.5))


def _camera(
    camera: Float[np.ndarray, "3"], size: tuple[int, int], side: float, centre: tuple[float, float]
) -> Camera:
    scale, x, y = (float(value) for value in camera)
    rotation = np.diag(TURNED)
    return Camera(
        *size,
        focal=abs(scale) * side / 2,
        rotation=rotation,
        translation=rotation @ np.array([x, y, 0.0]),
        centre=centre,
        perspective=False,
    )
