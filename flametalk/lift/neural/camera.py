"""The weak-perspective camera of the codes: scale and shift, then y and z turned round.

p = s · (X + (tx, ty, 0)),   x right = p_x, y down = −p_y, both −1 … 1 over the crop; depth = −p_z
"""

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from ...render.camera import Camera

TURNED = (1.0, -1.0, -1.0)


def project(points: Float[Tensor, "b n 3"], camera: Float[Tensor, "b 3"]) -> Float[Tensor, "b n 3"]:
    """Places in the crop, −1 … 1 with y down, and depth in the same scale."""
    shift = torch.nn.functional.pad(camera[:, None, 1:], (0, 1))
    return camera[:, None, :1] * (points + shift) * points.new_tensor(TURNED)


def crop_camera(camera: Float[np.ndarray, "3"], pixels: int = 224) -> Camera:
    """The same as a camera of the renderer, whose picture is the crop."""
    scale, x, y = (float(value) for value in camera)
    rotation = np.diag(TURNED)
    return Camera(
        pixels,
        pixels,
        focal=abs(scale) * pixels / 2,
        rotation=rotation,
        translation=rotation @ np.array([x, y, 0.0]),
        perspective=False,
    )
