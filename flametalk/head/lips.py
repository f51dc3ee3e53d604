"""The gap between the lips, measured on the surface."""

import torch
from jaxtyping import Float
from torch import Tensor

from ..errors import InputError
from .model import Head

INNER_UPPER, INNER_LOWER = 62, 66  # middle of the inner lips among the 68 landmarks
NASION, CHIN = 27, 8


def lip_gap(head: Head, vertices: Float[Tensor, "b v 3"]) -> Float[Tensor, "b"]:
    """Metres between the inner lips at their middle, of an upright face; lips that overlap are not apart.

    A lower lip that lies behind the upper one, as in f, is counted by its depth.
    """
    apart = _apart(head, vertices)
    apart = torch.stack([apart[:, 0], apart[:, 1].clamp_min(0.0), apart[:, 2]], -1)
    return apart.norm(dim=-1)


def lip_height(head: Head, vertices: Float[Tensor, "b v 3"]) -> Float[Tensor, "b"]:
    """How far the inner lips part as seen from the front, metres; negative where they overlap."""
    return _apart(head, vertices)[:, 1]


def _apart(head: Head, vertices: Float[Tensor, "b v 3"]) -> Float[Tensor, "b 3"]:
    points = head.landmark_points(vertices, _landmarks(head))
    return points[:, INNER_UPPER] - points[:, INNER_LOWER]


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
