"""What errors of motion do to the mouth, in millimetres: the head's own geometry as a quadratic form.

Vertices are linear in expressions and, for the few degrees that a jaw opens, nearly so in the jaw. So the
squared error of the lips is |R·Δ|² with one small triangular matrix R, and costs next to nothing in training.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from ..conventions import JAW_JOINT, MILLIMETRES, N_JOINTS
from ..head import Head
from ..head.lips import INNER_LOWER, INNER_UPPER
from ..motion.space import MotionSpace

JAW_STEP = 0.05  # radians, at which the jaw's effect is measured
MOVES_LIPS = 0.25  # of a dimension's farthest moved vertex: whose lips move that far belongs to the mouth
LIPS = "lips"


@dataclass(frozen=True, eq=False)
class Surface:
    """Effects of one unit of each dimension of a motion space."""

    lips: Float[Tensor, "d d"]  # |lips · Δ|² is the mean squared error of the lips' vertices in mm²
    gap: Float[Tensor, "d"]  # mm by which the inner lips part
    rest: float  # mm between them at rest
    mouth: Bool[Tensor, "d"]  # dimensions that move the lips about as far as anything else

    def to(self, device: torch.device) -> "Surface":
        return Surface(self.lips.to(device), self.gap.to(device), self.rest, self.mouth.to(device))


def measure_surface(head: Head, space: MotionSpace) -> Surface:
    """Of every dimension that moves the face relative to the skull; the others have no effect."""
    width, lips = space.width, head.regions[LIPS].long()
    effects = torch.zeros(width, head.n_vertices, 3)
    n = min(head.n_expression, space["expression"].stop - space["expression"].start)
    first = space["expression"].start
    effects[first : first + n] = head.expression_basis[..., :n].permute(2, 0, 1).float()
    pose = torch.zeros(3, N_JOINTS, 3)
    pose[:, JAW_JOINT] = JAW_STEP * torch.eye(3)
    none = torch.zeros(1, 1)
    still = head.vertices(none, none, torch.zeros(1, N_JOINTS, 3))
    effects[space["jaw"]] = (head.vertices(none, none, pose) - still).float() / JAW_STEP

    lip_rows = effects[:, lips].flatten(1).T * MILLIMETRES  # (3 lips, d)
    triangle = torch.linalg.qr(lip_rows / len(lips) ** 0.5, mode="r").R
    points = head.landmark_points(effects)
    rest = head.landmark_points(still)
    far = effects.norm(dim=-1)
    mouth = (far[:, lips].amax(1) > MOVES_LIPS * far.amax(1)) & (far.amax(1) > 0)
    return Surface(
        _square(triangle, width),
        (points[:, INNER_UPPER, 1] - points[:, INNER_LOWER, 1]) * MILLIMETRES,
        float(rest[0, INNER_UPPER, 1] - rest[0, INNER_LOWER, 1]) * MILLIMETRES,
        mouth,
    )


def _square(triangle: Float[Tensor, "k d"], width: int) -> Float[Tensor, "d d"]:
    square = torch.zeros(width, width)
    square[: len(triangle)] = triangle
    return square
