"""The gap between the lips, measured on the surface."""

import torch
from jaxtyping import Float
from torch import Tensor

from ..errors import InputError
from .model import Head

INNER_UPPER, INNER_LOWER = 62, 66  # middle of the inner lips among the 68 landmarks
NASION, CHIN = 27, 8


def lip_gap(head: Head, vertices: Float[Tensor, "b v 3"]) -> Float[Tensor, "b"]:
    """Metres between the inner lips at their middle, of an upright face; 0 where they meet or overlap."""
    return lip_distance(head, vertices).clamp_min(0.0)


def lip_distance(head: Head, vertices: Float[Tensor, "b v 3"]) -> Float[Tensor, "b"]:
    """The same, negative where the lips overlap."""
    points = head.landmark_points(vertices, _landmarks(head))
    apart = points[:, INNER_UPPER] - points[:, INNER_LOWER]
    return apart.norm(dim=-1) * torch.sign(apart[:, 1])


def face_height(head: Head, vertices: Float[Tensor, "b v 3"]) -> Float[Tensor, "b"]:
    """Metres from the root of the nose to the chin."""
    points = head.landmark_points(vertices, _landmarks(head))
    return (points[:, NASION] - points[:, CHIN]).norm(dim=-1)


def _landmarks(head: Head) -> str:
    if "ibug68" not in head.landmarks:
        raise InputError(
            f"the head '{head.name}' has no 68 landmarks, which the mouth is measured by: "
            "`flametalk assets add landmarks FILE`"
        )
    return "ibug68"
