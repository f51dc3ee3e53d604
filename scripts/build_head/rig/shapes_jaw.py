"""Shapes of jaw, chin and cheeks: forward, aside, chin raise, puffed cheeks, lips closed over an open jaw."""

import numpy as np

from .lips import Move, Pull, bump, halves, lip_handles, sealed, spread, spread_handles
from .pose import pose, unpose
from .skinning import JAW

CLOSE_ANGLE = np.radians(20)
"""Jaw opening over which `mouth_close` at strength 1 brings the lips together."""


def jaw_forward(face, rig):
    """The mandible 5 mm forward and a little down, past the upper teeth; the lips stay closed."""
    w = rig.skinning[:, JAW][:, None]
    a = np.abs(face.across)
    moves = w * np.array([0, -2.6, 5.2])
    c = 1 - a**2
    upper, lower = Move(up=-0.5 * c, out=0.9 + 0.6 * c), Move(up=-0.5 * c, out=0.9 + 3.0 * c)
    ids, values = lip_handles(face, *sealed(face, upper, lower))
    lack = spread_handles(face, ids, values - moves[ids], fixed=face.names["chin"], reach=16)
    return face.symmetric(moves + lack)


def jaw_aside(face, rig):
    """The mandible 6 mm to the subject's left; the upper lip follows a third."""
    w = rig.skinning[:, JAW][:, None]
    a = np.abs(face.across)
    moves = w * np.array([6.0, 0, 0])
    c = 1 - a**2
    ids, values = lip_handles(face, *sealed(face, Move(across=2.6 + 0.6 * c), Move(across=2.6 + 1.6 * c)))
    moves = moves + spread_handles(face, ids, values - moves[ids], fixed=face.names["chin"], reach=16)
    return 0.5 * (moves - face.flipped(moves))


def chin_raise(face):
    """Mentalis: the chin's pad up and forward, both lips pushed up, the lower one pouting."""
    a = np.abs(face.across)
    c = (1 - a**2) ** 1.1
    upper = Move(up=3.2 * c - 0.6 * a**3, forward=0.8 * c)
    lower = Move(up=3.2 * c - 0.6 * a**3, forward=2.6 * c, roll=0.20 * c, tuck=-0.3 * c)
    pulls = (
        Pull((0, -97, 94.6), (0, 6.0, 0.6)),
        Pull((0, -85, 90.4), (0, 5.0, 2.0)),
        Pull((14, -96, 88), (-0.5, 4.6, 0.6)),
        Pull((0, -113, 70), (0, 1.8, 1.4)),
    )
    return face.symmetric(spread(face, *sealed(face, upper, lower), pulls, reach=20))


def puff(face):
    """Cheeks blown out; the lips stay closed and tense."""
    a = np.abs(face.across)
    tense = Move(up=0, out=0.8 + 1.0 * a**2, across=-0.8 * face.across)
    lips = spread(face, *sealed(face, tense, tense), reach=20)
    out = lips
    for sign in (1, -1):
        flip = np.array([sign, 1, 1])
        out = out + bump(
            face, np.array([47, -62, 60]) * flip, (16, 17, 20), np.array([8.0, -0.4, 5.0]) * flip
        )
        out = out + bump(face, np.array([30, -60, 84]) * flip, (9, 12, 12), np.array([1.2, 0, 2.0]) * flip)
    return out


def mouth_close(face, rig):
    """Closes the lips over a jaw that is open by `CLOSE_ANGLE`: solved through the skinning.

    The whole motion from rest to the closed mouth is spread smoothly between the lips, the dropped chin and
    the still part of the face; what the jaw already does is then taken off.
    """
    jaw = (CLOSE_ANGLE, 0, 0)
    opened = pose(face.points, rig.skinning, rig.pose_basis, rig.hinge, jaw)
    c = 1 - face.across**2
    target = Move(up=-8.0 - 1.5 * c, out=-1.0 - 1.6 * c, across=-1.6 * face.across)
    lips, goal = lip_handles(face, target, target)
    zone = face.mouth_zone
    chin = face.names["chin"]
    chin = chin[face.points[chin, 1] < -94]
    kept = np.r_[np.setdiff1d(np.flatnonzero(~zone), lips), chin]
    moves = face.extend(np.r_[lips, kept], np.vstack([goal, (opened - face.points)[kept]]), zone)
    closed = face.points[face.skin] + moves
    w = rig.skinning[face.skin, JAW]
    before = unpose(closed, w, rig.hinge, jaw) - face.points[face.skin]
    before -= (unpose(opened, rig.skinning[:, JAW], rig.hinge, jaw) - face.points)[face.skin]
    before[~zone & ~np.isin(face.skin, lips)] = 0
    return face.symmetric(face.whole(before))


def jaw_shapes(face, rig):
    out = {
        "jaw_forward": jaw_forward(face, rig),
        "jaw_side": jaw_aside(face, rig),
        "chin_raise": chin_raise(face),
        "mouth_close": mouth_close(face, rig),
    }
    out["puff_left"], out["puff_right"] = halves(face, puff(face), 18)
    return out
