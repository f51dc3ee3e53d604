"""From points of the head to pixels, with derivatives: pinhole or weak perspective.

The camera stands in the origin of the fitted world and looks along −z, so that a face that looks into it has
no rotation. x right, y down in the picture, as everywhere (`render/camera.py`).
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

FLIP = (1.0, -1.0, -1.0)  # world to camera axes
NEAREST = 0.05  # metres; nothing is taken to be nearer than this


@dataclass(frozen=True)
class Lens:
    """`focal` in pixels is a guess that fitting may scale; `centre` is where the axis meets the picture."""

    focal: float | Tensor  # one, or one by frame (b,)
    centre: tuple[float, float]
    perspective: bool = True


def project(
    lens: Lens, points: Float[Tensor, "b n 3"], place: Float[Tensor, "b 3"], log_zoom: Float[Tensor, "#b"]
) -> tuple[
    Float[Tensor, "b n 2"], Float[Tensor, "b n 2 3"], Float[Tensor, "b n 2"], Float[Tensor, "b n 2 3"]
]:
    """Pixels, and their derivatives by the point, by the logarithm of the zoom, and by the place.

    Weak perspective divides all points of a head by the depth of its place.
    """
    focal = (lens.focal * log_zoom.exp())[:, None]
    moved = points + place[:, None]
    depth = (-moved[..., 2] if lens.perspective else -place[:, None, 2].expand(moved.shape[:-1])).clamp_min(
        NEAREST
    )
    scale = focal / depth
    plane = torch.stack([moved[..., 0], -moved[..., 1]], -1) * scale[..., None]
    zero = torch.zeros_like(scale)
    by_depth = plane / depth[..., None]  # −z grows, the picture shrinks: d/dz = +plane / depth
    across = torch.stack([torch.stack([scale, zero], -1), torch.stack([zero, -scale], -1)], -2)
    by_place = torch.cat([across, by_depth[..., None]], -1)
    by_point = (
        by_place if lens.perspective else torch.cat([across, torch.zeros_like(by_depth)[..., None]], -1)
    )
    return plane + torch.tensor(lens.centre, dtype=plane.dtype), by_point, plane, by_place
