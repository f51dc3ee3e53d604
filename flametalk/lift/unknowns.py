"""What fitting solves for: numbers of each frame, and numbers that all frames of one person share."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from ..conventions import JAW_JOINT, LEFT_EYE, N_JOINTS, RIGHT_EYE, ROOT
from ..rotations import matrix_from_axis_angle

HEAD = slice(0, 3)  # within the ten angles of a frame: axis-angle of the root
JAW = slice(3, 6)
GAZE = slice(6, 10)  # left eye down and to the subject's left, then the right eye
N_ANGLES = GAZE.stop
N_PLACE = 3  # translation in metres


@dataclass(frozen=True)
class Layout:
    """Where the parts lie in a frame's row and in the shared row."""

    n_shape: int
    n_expression: int
    n_habits: int = 0  # ways in which the tracker errs; see `marks.py`

    @property
    def expression(self) -> slice:
        return slice(0, self.n_expression)

    @property
    def angles(self) -> slice:
        return slice(self.n_expression, self.n_expression + N_ANGLES)

    @property
    def place(self) -> slice:
        return slice(self.angles.stop, self.angles.stop + N_PLACE)

    @property
    def habits(self) -> slice:
        return slice(self.place.stop, self.place.stop + self.n_habits)

    @property
    def frame(self) -> int:
        """Numbers of a frame."""
        return self.habits.stop

    @property
    def head(self) -> slice:
        return slice(self.angles.start + HEAD.start, self.angles.start + HEAD.stop)

    @property
    def jaw(self) -> slice:
        return slice(self.angles.start + JAW.start, self.angles.start + JAW.stop)

    @property
    def gaze(self) -> slice:
        return slice(self.angles.start + GAZE.start, self.angles.start + GAZE.stop)

    @property
    def shape(self) -> slice:
        return slice(0, self.n_shape)

    @property
    def focal(self) -> int:
        """Logarithm of the focal length over its guess; last of the shared numbers."""
        return self.n_shape

    @property
    def shared(self) -> int:
        return self.n_shape + 1


def joint_rotations(angles: Float[Tensor, "*b 10"]) -> Float[Tensor, "*b 5 3 3"]:
    """Rotation matrices of the five joints; the neck stays at rest."""
    zero = torch.zeros_like(angles[..., :3])
    pose = [zero] * N_JOINTS
    pose[ROOT], pose[JAW_JOINT] = angles[..., HEAD], angles[..., JAW]
    gaze = angles[..., GAZE]
    pose[LEFT_EYE] = torch.cat([gaze[..., :2], zero[..., :1]], -1)
    pose[RIGHT_EYE] = torch.cat([gaze[..., 2:], zero[..., :1]], -1)
    return matrix_from_axis_angle(torch.stack(pose, -2))
