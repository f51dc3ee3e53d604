"""The template posed by named expressions, by its jaw and by its eyes, for checks and pictures."""

import numpy as np
from scipy.spatial.transform import Rotation

EYES = {"left_eye": (3, "left_eyeball", 18), "right_eye": (4, "right_eyeball", 27)}
JAW, JAW_COLUMNS = 2, slice(9, 18)


def posed(template, expressions, correctives, action, rig=None):
    """Vertices in metres.

    `action` holds strengths by expression name, and axis-angles under `jaw` (needs `rig`), `left_eye`,
    `right_eye`, or `eyes` for both.
    """
    points = template.vertices.copy()
    for name, value in action.items():
        if name not in ("jaw", "eyes", *EYES):
            points += value * expressions[name]
    for name, (joint, ball, column) in EYES.items():
        turn = np.asarray(action.get(name, action.get("eyes", (0, 0, 0))), float)
        if turn.any():
            matrix = Rotation.from_rotvec(turn).as_matrix()
            points += correctives[:, :, column : column + 9] @ (matrix - np.eye(3)).ravel()
            ids, centre = template.names[ball], template.joints[joint]
            points[ids] = (points[ids] - centre) @ matrix.T + centre
    if rig is not None and "jaw" in action:
        turn = Rotation.from_rotvec(action["jaw"]).as_matrix() - np.eye(3)
        points += rig.pose_basis[:, :, JAW_COLUMNS] @ turn.ravel()
        points += rig.skinning[:, JAW, None] * ((points - template.joints[JAW]) @ turn.T)
    return points
