"""The head's mathematics as plain loops over one frame at a time, in double precision.

Slow on purpose: it is written from the formulas, shares nothing with `model.py`, and the tests hold the
two against each other.
"""

import numpy as np

from ..conventions import JOINT_PARENTS, N_JOINTS
from .model import Head

Array = np.ndarray


def reference_vertices(
    head: Head, shape: Array, expression: Array, pose: Array, translation: Array | None = None
) -> Array:
    """Posed vertices (v, 3) of one frame: shape (s,), expression (e,), pose (5, 3), translation (3,)."""
    template, skinning = _array(head.template), _array(head.skinning)

    shaped = template.copy()
    for basis, coefficients in ((head.shape_basis, shape), (head.expression_basis, expression)):
        columns = _array(basis)
        for k, coefficient in enumerate(coefficients):
            shaped += coefficient * columns[:, :, k]

    regressor = _array(head.joint_regressor)
    joints = np.zeros((N_JOINTS, 3))
    for j in range(N_JOINTS):
        for v in range(len(shaped)):
            joints[j] += regressor[j, v] * shaped[v]

    rotations = [rodrigues(pose[j]) for j in range(N_JOINTS)]
    feature = []
    for j in range(1, N_JOINTS):
        for row in range(3):
            for column in range(3):
                feature.append(rotations[j][row, column] - (1.0 if row == column else 0.0))
    posed = shaped.copy()
    correctives = _array(head.pose_basis)
    for k, value in enumerate(feature):
        posed += value * correctives[:, :, k]

    world: list[Array] = []
    for j, parent in enumerate(JOINT_PARENTS):
        local = np.eye(4)
        local[:3, :3] = rotations[j]
        local[:3, 3] = joints[j] - (joints[parent] if parent >= 0 else 0.0)
        world.append(world[parent] @ local if parent >= 0 else local)
    for j in range(N_JOINTS):
        world[j] = world[j].copy()
        world[j][:3, 3] -= world[j][:3, :3] @ joints[j]

    vertices = np.zeros_like(posed)
    for v in range(len(posed)):
        for j in range(N_JOINTS):
            moved = world[j] @ np.append(posed[v], 1.0)
            vertices[v] += skinning[v, j] * moved[:3]
    return vertices if translation is None else vertices + translation


def rodrigues(vector: Array) -> Array:
    """Rotation matrix of an axis-angle vector."""
    angle = float(np.sqrt(vector[0] ** 2 + vector[1] ** 2 + vector[2] ** 2))
    if angle == 0.0:
        return np.eye(3)
    x, y, z = vector / angle
    k = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    return np.eye(3) + np.sin(angle) * k + (1.0 - np.cos(angle)) * (k @ k)


def _array(tensor: object) -> Array:
    return np.asarray(tensor.detach().cpu(), dtype=np.float64)  # type: ignore[attr-defined]
