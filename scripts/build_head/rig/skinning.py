"""How vertices follow the five joints, and how the joints follow the vertices."""

import numpy as np

from .face import LAST, SEAM, SIDES, VERMILION, smoothstep

ROOT, NECK, JAW, LEFT_EYE, RIGHT_EYE = range(5)
JAW_PARTS = ("teeth_lower", "gums_lower", "tongue")
CRANIUM_PARTS = ("teeth_upper", "gums_upper")


def mouth_angle(s):
    """Place on the round open mouth (0 in the middle, ±π/2 at the corners) of a place across the closed one.

    Between asin(s), which keeps x, and even spacing, which spares the edges at the corner.
    """
    return 0.6 * np.arcsin(np.clip(s, -1, 1)) + 0.4 * np.pi / 2 * s


def round_opening(s):
    """Jaw weight of the upper seam (the lower one has 1 − this): the open mouth becomes an ellipse."""
    return 0.5 * (1 - np.cos(mouth_angle(s)))


def _lip_weights(face):
    """Jaw weights of the lips and of the sack's rings: ids, values."""
    s = face.across
    sharp = round_opening(s)
    ids, values = [], []
    for side in SIDES:
        rows = face.rings[side]
        for ring in range(VERMILION, LAST + 1):
            soft = np.clip((SEAM - ring) / (SEAM - VERMILION), 0, 1)
            w = (1 - soft) * sharp + soft * (0.5 * np.abs(s) ** 3.5)
            if ring == LAST:
                w = 0.3 + 0.2 * s**2
            ids.append(rows[ring])
            values.append(w if side == "upper" else 1 - w)
    return np.concatenate(ids), np.concatenate(values)


def jaw_weights(face):
    """(skin,) smooth weights of the jaw before the neck takes its share."""
    p = face.points[face.skin]
    _, y, z = p.T
    hinge_line = -16 - 0.31 * np.maximum(z, 0)
    still = (y > hinge_line) | (z < -20) | (y < -152)
    for name in ("nose", "left_ear", "right_ear"):
        still[np.ravel(face.names[name])] = True
    for row in face.rings["upper"][0:3]:
        still[row[np.abs(face.across) < 0.45]] = True
    mouth = np.concatenate([face.rings[side][VERMILION:].ravel() for side in SIDES])
    still[mouth] = False
    full = np.zeros(len(p), bool)
    full[face.names["chin"]] = True
    for name in ("jaw_border_left", "jaw_border_right"):
        ids = face.names[name]
        full[ids[face.points[ids, 2] > 42]] = True
    for row in face.rings["lower"][0:3]:
        full[row[np.abs(face.across) < 0.6]] = True
    ids, values = _lip_weights(face)
    handles = np.r_[np.flatnonzero(full & ~still), ids]
    values = np.r_[np.ones(len(handles) - len(ids)), values]
    free = ~still
    return np.clip(face.extend(handles, values, free), 0, 1)


def neck_weights(face):
    """(skin,) 0 at the shoulders, 1 on the head, smooth along the neck."""
    p = face.points[face.skin]
    head = p[:, 1] + 0.30 * (p[:, 2] + 26) > -88
    base = p[:, 1] < -172
    handles = np.flatnonzero(head | base)
    w = np.clip(face.extend(handles, head[handles].astype(float), np.ones(len(p), bool)), 0, 1)
    return smoothstep(w, 0, 1) * 0.5 + w * 0.5


def skinning(face):
    """(V, 5), rows sum to one."""
    out = np.zeros((len(face.points), 5))
    skin = face.skin
    neck = neck_weights(face)
    jaw = jaw_weights(face) * neck
    out[skin, ROOT], out[skin, NECK], out[skin, JAW] = 1 - neck, neck - jaw, jaw
    for name in CRANIUM_PARTS:
        out[face.names[name], NECK] = 1
    for name in JAW_PARTS:
        out[face.names[name], JAW] = 1
    out[face.names["left_eyeball"], LEFT_EYE] = 1
    out[face.names["right_eyeball"], RIGHT_EYE] = 1
    swapped = out[face.mirror][:, [ROOT, NECK, JAW, RIGHT_EYE, LEFT_EYE]]
    return 0.5 * (out + swapped)


def joint_regressor(face, joints):
    """(5, V): each joint as a weighted mean of vertices around it, exact on the template."""
    p = face.points
    skin = np.setdiff1d(face.skin[~face.mouth_zone], face.names["mouth_sack"])  # what no expression moves
    q = p[skin]
    along = q @ np.array([0.0, 0.985, 0.175])
    out = np.zeros((5, len(p)))
    for joint, width in ((ROOT, 9.0), (NECK, 9.0)):
        away = along - joints[joint] @ np.array([0.0, 0.985, 0.175])
        reach = np.linalg.norm(q - joints[joint], axis=1)
        out[joint, skin] = np.exp(-((away / width) ** 2)) * (np.abs(away) < 2 * width) * (reach < 95)
    hinge = joints[JAW]
    for sign in (1, -1):
        side = skin[p[skin, 0] * sign > 30]
        near = np.hypot(p[side, 1] - hinge[1], p[side, 2] - hinge[2] - 6)
        out[JAW, side] = np.exp(-((near / 9) ** 2)) * (near < 20)
    out[LEFT_EYE, face.names["left_eyeball"]] = 1
    out[RIGHT_EYE, face.names["right_eyeball"]] = 1
    for joint in range(5):
        ids = np.flatnonzero(out[joint])
        start = out[joint, ids] / out[joint, ids].sum()
        system = np.vstack([np.ones(len(ids)), p[ids].T])
        lack = np.r_[1.0, joints[joint]] - system @ start
        weighted = system * start
        out[joint, ids] = start + weighted.T @ np.linalg.lstsq(weighted @ system.T, lack, rcond=None)[0]
    return out
