"""How the joints answer to the angles of a frame, in closed form.

A small change of an axis-angle vector turns by J·change about the axes before it (J: the left Jacobian of
rotations). In the world that is a turn about an axis through the joint, for all that hangs on it:
d[turn | shift] = axis × [turn | shift − joint].
"""

import torch
from jaxtyping import Float
from torch import Tensor

from ..conventions import JAW_JOINT, JOINT_PARENTS, LEFT_EYE, N_JOINTS, RIGHT_EYE, ROOT
from ..rotations import cross_matrix
from .unknowns import GAZE, HEAD, JAW, N_ANGLES

# joint, its angles within a frame's ten
TURNS = (
    (ROOT, HEAD),
    (JAW_JOINT, JAW),
    (LEFT_EYE, slice(GAZE.start, GAZE.start + 2)),
    (RIGHT_EYE, slice(GAZE.start + 2, GAZE.stop)),
)
ANCESTORS = {joint: {joint} for joint in range(N_JOINTS)}
for _joint, _parent in enumerate(JOINT_PARENTS):
    if _parent >= 0:
        ANCESTORS[_joint] |= ANCESTORS[_parent]


def left_jacobian(vector: Float[Tensor, "b 3"]) -> Float[Tensor, "b 3 3"]:
    """What turns a small change of an axis-angle vector into a turn in the world."""
    squared = (vector * vector).sum(-1)[:, None, None]
    small = squared < 1e-6
    safe = torch.where(small, torch.ones_like(squared), squared)
    angle = safe.sqrt()
    first = torch.where(small, 0.5 - squared / 24, (1 - angle.cos()) / safe)
    second = torch.where(small, 1 / 6 - squared / 120, (angle - angle.sin()) / (safe * angle))
    k = cross_matrix(vector)
    return torch.eye(3, dtype=vector.dtype) + first * k + second * (k @ k)


def rotation_slopes(
    vector: Float[Tensor, "b 3"], rotation: Float[Tensor, "b 3 3"]
) -> Float[Tensor, "b 3 3 3"]:
    """Derivatives of the rotation by the three numbers of its axis-angle vector, which come second."""
    return cross_matrix(left_jacobian(vector).mT) @ rotation[:, None]


def joint_slopes(
    angles: Float[Tensor, "b 10"],
    rotations: Float[Tensor, "b 5 3 3"],
    transforms: Float[Tensor, "b 5 3 4"],
    joints: Float[Tensor, "b 5 3"],
) -> tuple[Float[Tensor, "b a 5 3 4"], Float[Tensor, "b a 5 3 3"]]:
    """Derivatives of the joints' transforms and of their own rotations by each angle."""
    by_transform = transforms.new_zeros(len(angles), N_ANGLES, N_JOINTS, 3, 4)
    by_rotation = transforms.new_zeros(len(angles), N_ANGLES, N_JOINTS, 3, 3)
    for joint, own in TURNS:
        count = own.stop - own.start
        vector = torch.nn.functional.pad(angles[:, own], (0, 3 - count))
        local = left_jacobian(vector).mT[:, :count]  # b a 3: axes before the joint's own turn
        by_rotation[:, own, joint] = cross_matrix(local) @ rotations[:, None, joint]
        parent = JOINT_PARENTS[joint]
        world = local if parent < 0 else local @ transforms[:, parent, :, :3].mT
        axes = cross_matrix(world)
        turn, shift = transforms[:, joint, :, :3], transforms[:, joint, :, 3:]
        middle = turn @ joints[:, joint, :, None] + shift  # where the joint is
        for hanging in range(N_JOINTS):
            if joint in ANCESTORS[hanging]:
                placed = transforms[:, hanging].clone()
                placed[..., 3:] -= middle
                by_transform[:, own, hanging] = axes @ placed[:, None]
    return by_transform, by_rotation
