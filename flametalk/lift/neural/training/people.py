"""Random people of the built-in head, seen by a random camera: the truth that an encoder learns from."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Float32
from torch import Tensor

from ....conventions import EXPRESSION, JAW_JOINT, LEFT_EYE, N_JOINTS, RIGHT_EYE, ROOT
from ....head import Head
from ...crop import MARGIN, OF_LANDMARKS

SPREAD = 0.8  # of identities, in standard deviations
TURN = (0.16, 0.30, 0.10)  # radians, spread of pitch, yaw, roll
MOST = (0.45, 0.70, 0.35)  # radians, no more than this
GAZE = 0.12  # radians
ACTIONS = 3  # things a face does at a time, at most
OPEN = 0.30  # radians that a jaw opens by itself, at most
NOISE = 0.15  # spread of every expression coefficient
SHIFT, ZOOM = 0.05, 0.08  # how far a detector's square is off, in parts of its side


@dataclass(frozen=True, eq=False)
class People:
    """The truth about a batch."""

    shape: Float32[np.ndarray, "b 100"]
    expression: Float32[np.ndarray, "b 50"]
    pose: Float32[np.ndarray, "b 5 3"]
    camera: Float32[np.ndarray, "b 3"]
    vertices: Float32[np.ndarray, "b v 3"]

    def __len__(self) -> int:
        return len(self.shape)


def draw_people(head: Head, count: int, chance: np.random.Generator) -> People:
    """Identities and expressions by chance, and a square crop as a detector would cut it."""
    shape = np.clip(chance.normal(0, SPREAD, (count, head.n_shape)), -2.5, 2.5)
    expression = chance.normal(0, NOISE, (count, head.n_expression)) * (
        chance.random((count, head.n_expression)) < 0.3
    )
    pose = np.zeros((count, N_JOINTS, 3))
    actions = list(head.actions.values())
    for k in range(count):
        for number in chance.integers(0, len(actions), chance.integers(0, ACTIONS + 1)):
            strength = chance.beta(1.5, 1.5)
            expression[k] += strength * actions[number].expression.numpy()
            pose[k, JAW_JOINT] += strength * actions[number].jaw.numpy()
    pose[:, JAW_JOINT, 0] += OPEN * chance.beta(0.6, 2.5, count)
    pose[:, JAW_JOINT] = np.clip(pose[:, JAW_JOINT], (-0.05, -0.1, -0.1), (0.55, 0.1, 0.1))
    pose[:, ROOT] = np.clip(chance.normal(0, TURN, (count, 3)), np.negative(MOST), MOST)
    pose[:, LEFT_EYE] = pose[:, RIGHT_EYE] = chance.normal(0, GAZE, (count, 3)) * (1, 1, 0)
    expression = np.clip(expression, -3, 3)
    s, e, p = (torch.from_numpy(x.astype(np.float32)) for x in (shape, expression, pose))
    with torch.no_grad():
        vertices = head.vertices(s, e, p)
        marks = head.landmark_points(vertices, "ibug68").numpy()
    camera = square_camera(marks[..., :2], chance)
    return People(s.numpy(), e.numpy(), p.numpy(), camera, vertices.clone().numpy())


def square_camera(
    marks: Float[np.ndarray, "b n 2"], chance: np.random.Generator | None = None
) -> Float32[np.ndarray, "b 3"]:
    """The camera whose picture is the square around landmarks, a little off where `chance` is given."""
    low, high = marks.min(1), marks.max(1)
    side = (high - low).sum(1) / 2 * OF_LANDMARKS * MARGIN
    middle = (low + high) / 2
    if chance is not None:
        middle = middle + side[:, None] * chance.normal(0, SHIFT, middle.shape)
        side = side * np.exp(chance.normal(0, ZOOM, side.shape))
    return np.concatenate([2 / side[:, None], -middle], 1).astype(np.float32)


def mean_person(head: Head) -> dict[str, Tensor]:
    """The codes that say nothing: mean head, at rest, in the middle of the square."""
    marks = head.landmark_points(head.template[None], "ibug68").numpy()[..., :2]
    camera = torch.from_numpy(square_camera(marks))
    zeros = {
        "shape": torch.zeros(1, head.n_shape),
        "texture": torch.zeros(1, 50),
        "expression": torch.zeros(1, EXPRESSION.stop - EXPRESSION.start),
        "head": torch.zeros(1, 3),
        "jaw": torch.zeros(1, 3),
    }
    light = torch.zeros(1, 9, 3)
    light[:, 0] = 3.2  # even light that leaves the albedo about as it is
    return zeros | {"camera": camera, "light": light}
