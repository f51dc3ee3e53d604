"""Shapes of the tongue, in the jaw's frame, as motions of its stations from root to tip."""

import numpy as np

from .face import smoothstep

DENT = 2.2  # mm that the back of a tongue put out gives way to the upper teeth


def _stations(face):
    """Vertices (stations, around), their places, the middle line, and the fraction of its length."""
    ids = face.names["tongue_stations"]
    rest = face.points[ids]
    middle = rest.mean(1)
    along = np.r_[0, np.cumsum(np.linalg.norm(np.diff(middle, axis=0), axis=1))]
    return ids, rest, middle, along / along[-1]


def _bent(face, middle, wide=1.0, high=1.0):
    """The tongue along a new middle line; its sections turn with the line and scale."""
    ids, rest, old, _ = _stations(face)
    pitch = [np.arctan2(d[:, 1], d[:, 2]) for d in (np.gradient(old, axis=0), np.gradient(middle, axis=0))]
    turn = (pitch[1] - pitch[0])[:, None]
    local = rest - old[:, None]
    x, y, z = (
        local[..., 0] * np.reshape(wide, (-1, 1)),
        local[..., 1] * np.reshape(high, (-1, 1)),
        local[..., 2],
    )
    turned = np.stack([x, y * np.cos(turn) + z * np.sin(turn), z * np.cos(turn) - y * np.sin(turn)], -1)
    out = np.zeros_like(face.points)
    out[ids] = middle[:, None] + turned - rest
    return out


def tongue_out(face):
    """Over the lower teeth and lip, tip 28 mm further out, then down."""
    _, _, old, t = _stations(face)
    z = old[:, 2] + 28.0 * t**1.5
    over = smoothstep(z, 52, 82)
    lift = 12.5 * over - 0.028 * np.clip(z - 97, 0, None) ** 2
    on_lip = smoothstep(z, 74, 90) * (1 - smoothstep(t, 0.86, 0.97))
    lift += 1.45 * on_lip  # over the lip and thinner there, not through it
    middle = np.stack([old[:, 0], old[:, 1] + lift, z + 2.5 * on_lip], 1)
    out = _bent(face, middle, 1 - 0.22 * smoothstep(z, 70, 92) + 0.12 * t**6, 1 - 0.2 * t - 0.42 * on_lip)
    ids, rest, _, _ = _stations(face)
    height = np.clip(rest[..., 1] - old[:, 1:2], 0, None)
    out[ids, 1] -= DENT * (_under_teeth(t) / height.max(1))[:, None] * height
    return out


def _under_teeth(t):
    """Stations that lie under the upper teeth when the tip comes between the rows; not the tip."""
    return smoothstep(t, 0.70, 0.86) * (1 - smoothstep(t, 0.94, 0.995))


def tongue_up(face):
    """The tip at the ridge behind the upper teeth."""
    _, _, old, t = _stations(face)
    rise = 12.5 * np.clip((t - 0.35) / 0.65, 0, 1) ** 1.7
    back = -1.2 * np.clip((t - 0.5) / 0.5, 0, 1)
    middle = old + np.stack([0 * t, rise, back], 1)
    return _bent(face, middle, 1.0, 1 - 0.2 * t)


def tongue_back(face):
    """The body raised toward the soft palate, the tip drawn back."""
    _, _, old, t = _stations(face)
    hump = 9.0 * np.exp(-(((old[:, 2] - 52) / 13) ** 2))
    back = -7.0 * t**1.5
    middle = old + np.stack([0 * t, hump - 1.0 * t**3, back], 1)
    return _bent(face, middle, 1 + 0.04 * t, 1.0)


def tongue_aside(face):
    """The tip to the subject's left, its near side raised over the teeth and the other one lowered.

    The arch of the teeth leaves the tip six millimetres. As the other way is the opposite motion, nothing may
    rise or draw back on both sides.
    """
    ids, rest, _, t = _stations(face)
    out = np.zeros_like(face.points)
    out[ids, 0] = (6.0 * t**3)[:, None]
    out[ids, 1] = (0.7 * smoothstep(t, 0.35, 0.9))[:, None] * rest[..., 0]
    return 0.5 * (out - face.flipped(out))


def tongue_shapes(face):
    out = {"tongue_out": tongue_out(face), "tongue_up": tongue_up(face), "tongue_back": tongue_back(face)}
    out = {name: face.symmetric(moves) for name, moves in out.items()}
    return out | {"tongue_side": tongue_aside(face)}
