"""The edge of the jaw: a line that is compared with a line, and by how much a tracker sees it elsewhere."""

import torch
from jaxtyping import Float
from torch import Tensor

from ..head.embeddings import CONTOUR_POINTS
from ..rotations import matrix_from_axis_angle
from .marks import Marks
from .turning import rotation_slopes
from .unknowns import Layout


def beyond(
    marks: Marks, layout: Layout, size: Float[Tensor, "b"], frames: Float[Tensor, "b x"]
) -> Float[Tensor, "b m 1"]:
    """Pixels by which the tracker sees the outline outside of the head's; `size` is that of the faces."""
    turn = matrix_from_axis_angle(frames[:, layout.head]) - torch.eye(3, dtype=frames.dtype)
    shift = marks.outline_shift[:, 0] + turn.flatten(1) @ marks.outline_shift[:, 1:].T
    errors = frames[:, layout.habits] @ marks.outline_habits.T
    return (size[:, None] * (shift + errors))[..., None]


def beyond_slopes(
    marks: Marks, layout: Layout, size: Float[Tensor, "b"], frames: Float[Tensor, "b x"]
) -> Float[Tensor, "b m 1 x"]:
    """Its derivatives by a frame's numbers."""
    angles = frames[:, layout.head]
    by_turn = rotation_slopes(angles, matrix_from_axis_angle(angles)).flatten(2)  # b a 9
    slopes = frames.new_zeros(len(frames), len(marks.outline_ids), layout.frame)
    slopes[..., layout.head] = (by_turn @ marks.outline_shift[:, 1:].T).mT
    slopes[..., layout.habits] = marks.outline_habits
    return (size[:, None, None] * slopes)[:, :, None]


def nearest_on_line(
    line: Float[Tensor, "b p 2"], points: Float[Tensor, "b m 2"]
) -> tuple[Float[Tensor, "b m p"], Float[Tensor, "b m 2"]]:
    """Where on an open polyline each point has its nearest neighbour, as weights, and the normal there."""
    start, along = line[:, None, :-1], (line[:, 1:] - line[:, :-1])[:, None]
    length = (along**2).sum(-1).clamp_min(1e-12)
    part = (((points[:, :, None] - start) * along).sum(-1) / length).clamp(0, 1)  # b m p-1
    foot = start + part[..., None] * along
    segment = ((points[:, :, None] - foot) ** 2).sum(-1).argmin(-1, keepdim=True)
    part = part.gather(2, segment)
    blend = line.new_zeros(*points.shape[:2], CONTOUR_POINTS)
    blend.scatter_(2, segment, 1 - part).scatter_add_(2, segment + 1, part)
    direction = along.expand(-1, points.shape[1], -1, -1).gather(2, segment[..., None].expand(-1, -1, -1, 2))
    direction = direction[:, :, 0] / length.expand(-1, points.shape[1], -1).gather(2, segment).sqrt()
    return blend, torch.stack([-direction[..., 1], direction[..., 0]], -1)
