"""Landmarks of the built-in head with everything known about them, as a perfect tracker would see them."""

from dataclasses import dataclass

import numpy as np
import torch

from flametalk.conventions import JAW_JOINT, LEFT_EYE, RIGHT_EYE, ROOT
from flametalk.head import Head
from flametalk.head.embeddings import contour_row
from flametalk.lift.marks import N_TRACKED, OUTLINE, marks_of, outline_rows
from flametalk.lift.points import place
from flametalk.lift.projection import Lens, project
from flametalk.lift.unknowns import joint_rotations

SIZE = (512, 512)
FOCAL = 1000.0
FACE_PIXELS = 0.05 * FOCAL / 0.9  # of the mean face, about


@dataclass(frozen=True)
class Truth:
    shape: np.ndarray  # (100,)
    expression: np.ndarray  # (t, 50)
    pose: np.ndarray  # (t, 5, 3)
    landmarks: np.ndarray  # (t, 478, 2)


def speaking_truth(frames: int, seed: int = 0, spread: float = 0.5, noise: float = 0.0) -> Truth:
    """One person who turns, opens the jaw, smiles, blinks and looks around."""
    head, chance = Head.load(), np.random.default_rng(seed)
    t = np.arange(frames) / 25
    names = head.expression_names
    expression, pose = np.zeros((frames, 50)), np.zeros((frames, 5, 3))
    for name, speed in (("corner_up_left", 2.1), ("corner_up_right", 2.1), ("brow_outer_up_left", 1.3)):
        expression[:, names.index(name)] = 0.3 + 0.3 * np.sin(speed * t + chance.uniform(0, 6))
    pose[:, ROOT] = np.stack([0.1 * np.sin(1.5 * t), 0.4 * np.sin(t + 1), 0.05 * np.cos(t)], 1)
    pose[:, JAW_JOINT, 0] = 0.12 + 0.1 * np.sin(6 * t)
    pose[:, LEFT_EYE, 1] = pose[:, RIGHT_EYE, 1] = 0.2 * np.sin(3 * t)
    shape = spread * chance.standard_normal(100)
    marks = track_perfectly(head, shape, expression, pose)
    return Truth(shape, expression, pose, marks + noise * chance.standard_normal(marks.shape))


def track_perfectly(head: Head, shape: np.ndarray, expression: np.ndarray, pose: np.ndarray) -> np.ndarray:
    """The head's own landmarks in pixels; those that it does not have are at the middle of the face."""
    marks = marks_of(head)
    angles = np.concatenate(
        [pose[:, ROOT], pose[:, JAW_JOINT], pose[:, LEFT_EYE, :2], pose[:, RIGHT_EYE, :2]], 1
    )
    rotations = joint_rotations(torch.from_numpy(angles))
    rows = np.concatenate([np.repeat(shape[None], len(pose), 0), expression], 1)
    coefficients = torch.from_numpy(rows)
    where = torch.tensor([[0.01, 0.02, -0.95]], dtype=torch.float64).expand(len(pose), -1)
    lens = Lens(FOCAL, (SIZE[0] / 2, SIZE[1] / 2))
    zoom = torch.zeros(1, dtype=torch.float64)

    def seen(points: torch.Tensor) -> np.ndarray:
        return project(lens, points, where, zoom)[0].numpy()

    points = seen(place(marks.points, coefficients, rotations))
    line = seen(place(marks.outline, coefficients, rotations, outline_rows(contour_row(rotations[:, ROOT]))))
    landmarks = np.repeat(points.mean(1, keepdims=True), N_TRACKED, 1)
    landmarks[:, list(marks.ids)] = points
    along = np.linspace(0, line.shape[1] - 1, len(OUTLINE))
    low = np.minimum(along.astype(int), line.shape[1] - 2)
    edge = line[:, low] + (line[:, low + 1] - line[:, low]) * (along - low)[:, None]
    direction = line[:, low + 1] - line[:, low]
    normal = np.stack([-direction[..., 1], direction[..., 0]], -1)
    normal /= np.linalg.norm(normal, axis=-1, keepdims=True)
    turn = (rotations[:, ROOT] - torch.eye(3, dtype=rotations.dtype)).flatten(1)
    outwards = marks.outline_shift[:, 0] + turn @ marks.outline_shift[:, 1:].T
    landmarks[:, list(OUTLINE)] = edge + normal * outwards.numpy()[..., None] * FACE_PIXELS
    return landmarks


def aligned(points: np.ndarray, target: np.ndarray) -> np.ndarray:
    """`points` moved, turned and scaled to lie nearest to `target`."""
    a, b = points - points.mean(0), target - target.mean(0)
    u, s, vt = np.linalg.svd(a.T @ b)
    sign = np.array([1, 1, np.sign(np.linalg.det(u @ vt))])
    scale = (s * sign).sum() / (a**2).sum()
    return scale * a @ (u * sign) @ vt + target.mean(0)
