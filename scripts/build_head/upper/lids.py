"""Blink, wide eyes, squint and what the lids do when the eye turns (left eye; the right one is mirrored)."""

import numpy as np

from .eye import MARGIN, POINTS, away_from_canthus, middle_of_lid
from .skin import bump, offset

# How far each ring goes along with the margin: six rings of skin from the orbit inward, the margin,
# the inner margin and the four rings that hug the ball.
CLOSING = (0.01, 0.05, 0.17, 0.38, 0.66, 0.87, 1, 1, 0.95, 0.75, 0.45, 0.2)
OPENING = (0.0, 0.02, 0.08, 0.22, 0.46, 0.78, 1, 1, 0.95, 0.75, 0.45, 0.2)
LOWER = (0.02, 0.08, 0.22, 0.42, 0.66, 0.87, 1, 1, 0.95, 0.75, 0.45, 0.2)

SAG = 2.0  # mm from the line between the canthi down to where the closed lids meet at mid-lid
OVERLAP = 1.9  # mm that the upper lid passes the lower: a reserve for larger eyes and for gaze upward
# Distance of the closed margin and inner margin to the ball. More than at rest, because at strength 1/2 the
# lid is on the chord between its two ends, nearer to the ball than both. The upper lies before the lower.
CLOSED_UPPER, CLOSED_LOWER = (2.8, 1.9), (2.0, 1.2)


def lid_of(eye, lid):
    return {"upper": eye.upper, "lower": eye.lower}[lid]


def swept(eye, lid, turn, rings, clearance=None, level=True):
    """Displacement (V, 3) of one lid whose margin changes its elevation by `turn` (19,) radians.

    `rings` is how far each ring goes along; `clearance` the least distance of the margin and of the inner
    margin to the ball afterwards; `level` brings the skin before the margin down to it.
    Toward the canthi, which stay, rings move along the line to their partner on the other lid, so that the
    lids zip shut point by point.
    """
    ids = lid_of(eye, lid)
    rest = eye.points[ids]
    u, elevation, distance = eye.polar(rest)
    follow = np.asarray(rings, float)[:, None]
    lift = np.zeros_like(distance)
    if clearance is not None:
        lift = follow**2 * away_from_canthus(0, 0.2) * _rise(eye, distance, *clearance, level)
    sweep = eye.place(u, elevation + follow * turn, distance + lift) - rest
    across = eye.points[eye.upper] - eye.points[eye.lower]
    opening = np.subtract(*(eye.polar(eye.points[side[MARGIN]])[1] for side in (eye.upper, eye.lower)))
    zipped = (turn / np.maximum(opening, 0.05))[:, None] * across
    zipped[:MARGIN] = follow[:MARGIN, :, None] * zipped[MARGIN]
    zipped += (lift / distance)[..., None] * (rest - eye.centre)
    round_ball = away_from_canthus(0.03, 0.24)[:, None]
    field = np.zeros_like(eye.points)
    field[ids] = round_ball * sweep + (1 - round_ball) * zipped
    return field


def _rise(eye, distance, outer, inner, level):
    """What the rings lack to the clearances; with `level` the skin before the margin ends level with it."""
    rise = np.maximum(eye.radius + inner - distance, 0)
    rise[MARGIN + 1 :] = np.minimum(rise[MARGIN + 1 :], rise[MARGIN + 1])
    rise[MARGIN] = np.maximum(eye.radius + outer - distance[MARGIN], 0)
    skin = eye.radius + outer + 0.15 - distance[:MARGIN]
    rise[:MARGIN] = skin if level else np.maximum(skin, 0)
    return rise


def gap(eye, points):
    """Opening between the margins along the lid (19,) in mm; negative where the upper passes the lower."""
    upper, lower = (eye.polar(points[rings[MARGIN]]) for rings in (eye.upper, eye.lower))
    return (upper[1] - lower[1]) * np.sqrt(np.maximum(upper[2] ** 2 - upper[0] ** 2, 0))


def _meeting(eye):
    """Where the closed lids meet, an arc between the canthi: 0 at the lower margin, 1 at the upper (19,)."""
    upper, lower = (
        (eye.points[rings[MARGIN]] - eye.centre) @ eye.frame.T for rings in (eye.upper, eye.lower)
    )
    u = (upper[:, 0] + lower[:, 0]) / 2
    t = (u - u[0]) / (u[-1] - u[0])
    arc = upper[0, 1] + t * (upper[-1, 1] - upper[0, 1]) - SAG * 4 * t * (1 - t)
    opening = np.maximum(upper[:, 1] - lower[:, 1], 0.1)
    return np.clip((arc - lower[:, 1]) / opening, 0.1, 0.6)


def blink(eye):
    """Both lids close round the ball and meet on an arc."""
    high, low = (eye.polar(eye.points[rings[MARGIN]])[1] for rings in (eye.upper, eye.lower))
    line = low + _meeting(eye) * (high - low)
    past = OVERLAP / eye.radius * away_from_canthus(0.08, 0.3)
    field = swept(eye, "upper", line - past - high, CLOSING, CLOSED_UPPER)
    return field + swept(eye, "lower", line - low, LOWER, CLOSED_LOWER)


def wide(eye):
    """The upper lid draws back under its fold, the lower gives way a little."""
    field = swept(eye, "upper", np.radians(11.0) * middle_of_lid(0.8), OPENING)
    return field + swept(eye, "lower", np.radians(-2.5) * middle_of_lid(0.8), LOWER)


def squint(eye, skin):
    """The lower lid tightens upward and thickens, the upper comes down a little, the outer corner gathers."""
    t = np.arange(POINTS) / (POINTS - 1)
    field = swept(eye, "lower", np.radians(10.0) * middle_of_lid(0.8) * (0.9 + 0.2 * t), LOWER)
    field += swept(eye, "upper", np.radians(-5.5) * middle_of_lid(0.8), CLOSING)
    roll = eye.lower[3:6]
    away = eye.points[roll] - eye.centre
    out = np.array([0.5, 0.8, 0.7])[:, None] * middle_of_lid(1.5)
    field[roll] += out[..., None] * away / np.linalg.norm(away, axis=-1, keepdims=True)
    return field + crows_feet(eye, skin, 1.4)


def crows_feet(eye, skin, amount):
    """The skin beside the outer canthus gathers toward it."""
    corner = eye.points[eye.upper[MARGIN, -1]]
    free = skin.inside & ~skin.mask("brow_left") & ~np.isin(np.arange(skin.count), eye.rings[5:])
    hill = bump(skin.points, offset(corner, 7.0, -1.5, -7.5), (10, 14, 14)) * free
    return amount * hill[:, None] * np.array([-0.75, 0.05, 0.55])


# Gaze: how far the lids turn with the eye, and where they push outward, for the four extreme directions.
REACH = np.radians(30.0)
LEFT_EYE_COLUMNS, RIGHT_EYE_COLUMNS = slice(18, 27), slice(27, 36)
LOOKS = {  # direction: upper lid, lower lid (radians at mid-lid, positive up)
    "up": (np.radians(14.0), np.radians(6.0)),
    "down": (np.radians(-25.0), np.radians(-11.0)),
}


def _look(eye, direction):
    """Displacement of the lids for 30 degrees of gaze in one direction."""
    upper, lower = LOOKS[direction]
    profile = middle_of_lid(1.5)  # nearly still corners: a blink must shut them
    rings = OPENING if upper > 0 else CLOSING
    # A blink levels the skin already, and both add up.
    field = swept(eye, "upper", upper * profile, rings, (2.2, 1.0) if upper > 0 else (1.9, 0.8), level=False)
    return field + swept(eye, "lower", lower * profile, LOWER, (1.9, 0.8), level=False)


def _look_aside(eye, to_outer):
    """The cornea lifts the lids where it passes under them."""
    field = np.zeros_like(eye.points)
    sign = 1.0 if to_outer else -1.0
    for ids in (eye.upper, eye.lower):
        u, elevation, distance = eye.polar(eye.points[ids])
        near = np.exp(-0.5 * ((u - sign * 6.0) / 4.5) ** 2) * away_from_canthus()
        follow = np.asarray(LOWER)[:, None]
        moved = eye.place(u + sign * 0.5 * near * follow, elevation, distance + 0.55 * near * follow**2)
        field[ids] = moved - eye.points[ids]
    return field


def gaze(eye):
    """Pose correctives (V, 3, 9) of the left eye: columns are the entries of R - I, row by row.

    Looking up and down needs R[1,2] (the sine) and R[1,1] - 1 (even: what both directions share), looking
    aside R[0,2] and R[0,0] - 1. The two fields of a pair pass exactly through the shapes at +-30 degrees.
    """
    sine, even = np.sin(REACH), np.cos(REACH) - 1
    columns = np.zeros((*eye.points.shape, 9))
    pairs = (
        (_look(eye, "up"), _look(eye, "down"), 5, 4),
        (_look_aside(eye, True), _look_aside(eye, False), 2, 0),
    )
    for plus, minus, odd, pair in pairs:
        columns[..., odd] = (plus - minus) / (2 * sine)
        columns[..., pair] = (plus + minus) / (2 * even)
    return columns
