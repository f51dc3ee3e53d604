"""Skinning: world transforms of the joints, and vertices as their weighted mixture.

Differentiable and on every device. `fused.py` does the same for plain values on the CPU, many times faster.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from ..conventions import JOINT_PARENTS


def skinning_transforms(
    rotations: Float[Tensor, "#b 5 3 3"], joints: Float[Tensor, "#b 5 3"]
) -> Float[Tensor, "b 5 3 4"]:
    """Per joint the world rotation, and the translation that keeps its rest position in place."""
    batch = len(joints) if len(rotations) == 1 else len(rotations)
    rotations, joints = rotations.expand(batch, -1, -1, -1), joints.expand(batch, -1, -1)
    turns: list[Tensor] = []
    places: list[Tensor] = []
    for joint, parent in enumerate(JOINT_PARENTS):
        if parent < 0:
            turns.append(rotations[:, joint])
            places.append(joints[:, joint])
            continue
        offset = joints[:, joint] - joints[:, parent]
        turns.append(turns[parent] @ rotations[:, joint])
        places.append((turns[parent] @ offset[..., None])[..., 0] + places[parent])
    turn, place = torch.stack(turns, 1), torch.stack(places, 1)
    shift = place - (turn @ joints[..., None])[..., 0]
    return torch.cat([turn, shift[..., None]], dim=-1)


def skin(
    vertices: Float[Tensor, "b v 3"], weights: Float[Tensor, "v 5"], transforms: Float[Tensor, "b 5 3 4"]
) -> Float[Tensor, "b v 3"]:
    """Every vertex moved by the mixture of its joints' transforms."""
    rows = transforms.flatten(2).mT.flatten(0, 1) @ weights.T  # b·12 v: every step below sweeps long rows
    x, y, z = vertices.unbind(-1)
    mixed = rows.unflatten(0, (len(vertices), 3, 4)).unbind(1)
    return torch.stack([row[:, 3] + row[:, 0] * x + row[:, 1] * y + row[:, 2] * z for row in mixed], -1)
