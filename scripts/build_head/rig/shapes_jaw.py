"""Shapes of the jaw, chin and cheeks: forward, aside, chin raise, puffed cheeks, lips closed over an open jaw."""

import numpy as np

from .face import VERMILION
from .lips import DEEP, Move, Pull, bump, halves, joined_corners, moved_lip, spread, spread_handles
from .pose import pose, unpose
from .skinning import JAW

CLOSE_ANGLE = np.radians(20)
"""Jaw opening over which `mouth_close` at strength 1 brings the lips together."""


def jaw_forward(face, rig):
    """The mandible 5 mm forward and a little down, past the upper teeth; the lips stay closed."""
    w = rig.skinning[:, JAW][:, None]
    a = np.abs(face.across)
    moves = w * np.array([0, -2.6, 5.2])
    rows = np.concatenate(
        [face.rings["upper"][VERMILION : DEEP + 1], face.rings["lower"][VERMILION : DEEP + 1]]
    )
    c = 1 - a**2
    upper = moved_lip(face, "upper", Move(up=-0.5 * c, out=0.9 + 0.3 * c))
    lower = moved_lip(face, "lower", Move(up=-0.5 * c, out=0.9 + 3.4 * c))
    ids, values = joined_corners(rows.ravel(), np.vstack([upper.reshape(-1, 3), lower.reshape(-1, 3)]))
    lack = spread_handles(face, ids, values - moves[ids], fixed=face.names["chin"], reach=16)
    return face.symmetric(moves + lack)


def jaw_aside(face, rig):
    """The mandible 6 mm to the subject's left; the upper lip follows a third."""
    w = rig.skinning[:, JAW][:, None]
    a = np.abs(face.across)
    moves = w * np.array([6.0, 0, 0])
    rows = np.concatenate(
        [face.rings["upper"][VERMILION : DEEP + 1], face.rings["lower"][VERMILION : DEEP + 1]]
    )
    c = 1 - a**2
    upper = moved_lip(face, "upper", Move(across=2.6 + 0.6 * c))
    lower = moved_lip(face, "lower", Move(across=2.6 + 1.6 * c))
    ids, values = joined_corners(rows.ravel(), np.vstack([upper.reshape(-1, 3), lower.reshape(-1, 3)]))
    moves = moves + spread_handles(face, ids, values - moves[ids], fixed=face.names["chin"], reach=16)
    return 0.5 * (moves - face.flipped(moves))


def chin_raise(face):
    a = np.abs(face.across)
    c = (1 - a**2) ** 1.2
    upper = Move(up=2.0 * c, out=0.6 * c)
    lower = Move(up=2.0 * c, out=1.8 * c, roll=0.16 * c, thick=-0.6 * c)
    pulls = (
        Pull((0, -97, 94.6), (0, 4.6, 1.0)),
        Pull((0, -85, 90.4), (0, 3.8, 2.2)),
        Pull((14, -95, 89), (-0.3, 3.6, 0.8)),
        Pull((0, -113, 70), (0, 1.4, 0.8)),
    )
    return face.symmetric(spread(face, upper, lower, pulls, reach=18))


def puff(face):
    """Cheeks blown out; the lips stay closed and tense."""
    a = np.abs(face.across)
    tense = Move(up=0, out=0.8 + 1.0 * a**2, across=-0.8 * face.across)
    lips = spread(face, tense, tense, reach=20)
    out = lips
    for sign in (1, -1):
        flip = np.array([sign, 1, 1])
        out = out + bump(
            face, np.array([47, -62, 60]) * flip, (16, 17, 20), np.array([8.0, -0.4, 5.0]) * flip
        )
        out = out + bump(face, np.array([30, -60, 84]) * flip, (9, 12, 12), np.array([1.2, 0, 2.0]) * flip)
    return out


def mouth_close(face, rig):
    """Closes the lips over a jaw that is open by `CLOSE_ANGLE`: solved through the skinning."""
    jaw = (CLOSE_ANGLE, 0, 0)
    posed_rest = pose(face.points, rig.skinning, rig.pose_basis, rig.hinge, jaw)
    rows = np.concatenate(
        [face.rings["upper"][VERMILION : DEEP + 1], face.rings["lower"][VERMILION : DEEP + 1]]
    )
    a = np.abs(face.across)
    c = 1 - a**2
    target = Move(up=-9.0 - 1.0 * c, out=-1.6 - 1.6 * c, across=-1.2 * face.across)
    rest = face.points[rows].reshape(-1, 3)
    goal = rest + np.vstack([moved_lip(face, s, target).reshape(-1, 3) for s in ("upper", "lower")])
    ids = rows.ravel()
    w = rig.skinning[ids, JAW]
    corrective = posed_rest[ids] - pose(face.points, rig.skinning, 0 * rig.pose_basis, rig.hinge, jaw)[ids]
    moves = unpose(goal, w, rig.hinge, jaw) - rest
    moves -= np.linalg.solve(_blend(w, jaw), corrective[..., None])[..., 0]
    ids, values = joined_corners(ids, moves)
    chin = face.names["chin"]
    return face.symmetric(spread_handles(face, ids, values, fixed=chin[face.points[chin, 1] < -92], reach=30))


def _blend(w, jaw):
    from .pose import rotation

    return np.eye(3) + w[:, None, None] * (rotation(jaw) - np.eye(3))


def jaw_shapes(face, rig):
    out = {
        "jaw_forward": jaw_forward(face, rig),
        "jaw_side": jaw_aside(face, rig),
        "chin_raise": chin_raise(face),
        "mouth_close": mouth_close(face, rig),
    }
    out["puff_left"], out["puff_right"] = halves(face, puff(face), 18)
    return out
