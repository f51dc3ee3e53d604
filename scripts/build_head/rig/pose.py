"""The head's forward model in numpy, for jaw poses only (the other joints at rest)."""

import numpy as np

from .skinning import JAW

JAW_COLUMNS = slice(9, 18)


def rotation(axis_angle):
    """Rotation matrix of an axis-angle vector."""
    axis_angle = np.asarray(axis_angle, float)
    angle = np.linalg.norm(axis_angle)
    if angle < 1e-12:
        return np.eye(3)
    x, y, z = axis_angle / angle
    k = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.eye(3) + np.sin(angle) * k + (1 - np.cos(angle)) * k @ k


def pose(points, skinning, pose_basis, hinge, jaw, ids=None):
    """Points (already shaped and expressed, any unit) turned with the jaw, correctives included."""
    turn = rotation(jaw)
    w, basis = skinning[:, JAW], pose_basis[..., JAW_COLUMNS]
    if ids is not None:
        points, w, basis = points[ids], w[ids], basis[ids]
    points = points + basis @ (turn - np.eye(3)).ravel()
    return points + w[:, None] * ((points - hinge) @ (turn - np.eye(3)).T)


def unpose(points, weights, hinge, jaw):
    """The inverse of the skinning (without correctives) for jaw weights (n,)."""
    turn = rotation(jaw) - np.eye(3)
    matrices = np.eye(3) + weights[:, None, None] * turn
    return np.linalg.solve(matrices, (points - hinge)[..., None])[..., 0] + hinge


def unpose_change(change, weights, jaw):
    """Posed displacements (n, 3) as displacements before the skinning."""
    matrices = np.eye(3) + weights[:, None, None] * (rotation(jaw) - np.eye(3))
    return np.linalg.solve(matrices, change[..., None])[..., 0]
