"""Curves without jerks: keyframes, envelopes, smoothing, soft limits, and angles of the head."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from jaxtyping import Float, Float32, Float64
from scipy.ndimage import gaussian_filter1d
from scipy.spatial.transform import Rotation

from ..perform.noise import ease

SOFT = 0.8  # of a limit: motion up to here is left as it is
ORDER: Final = "YXZ"  # yaw outermost, then pitch, then roll: how a head sits on a neck


def keyframes(
    times: Float[np.ndarray, "t"], at: Sequence[float], values: Float[np.ndarray, "k *n"]
) -> Float64[np.ndarray, "t *n"]:
    """From key to key with least jerk (at rest in each), held before the first and after the last."""
    keys, values = np.asarray(at, np.float64), np.asarray(values, np.float64)
    result = np.broadcast_to(values[0], (len(times), *values.shape[1:])).copy()
    for k in range(len(keys) - 1):
        part = ease((times - keys[k]) / max(keys[k + 1] - keys[k], 1e-9))
        result += part.reshape(-1, *[1] * (values.ndim - 1)) * (values[k + 1] - values[k])
    return result


def smoothed(values: Float[np.ndarray, "t *n"], sigma: float, fps: float) -> Float64[np.ndarray, "t *n"]:
    """Gaussian over `sigma` seconds, ends held.

    Values stay within what they were, and all derivatives exist; a curve of range R accelerates by no
    more than 0.484 R / sigma² (see `greatest_acceleration`).
    """
    if sigma <= 0 or len(values) < 2:
        return np.asarray(values, np.float64)
    return gaussian_filter1d(np.asarray(values, np.float64), sigma * fps, axis=0, mode="nearest")


def greatest_acceleration(spread: float, sigma: float) -> float:
    """The bound of `smoothed`: half the range times the integral of |G″|, which is 4 φ(1) / σ²."""
    return 0.5 * spread * 4.0 * float(np.exp(-0.5) / np.sqrt(2.0 * np.pi)) / sigma**2


def soft_limit(
    values: Float[np.ndarray, "*t"], limit: float | Float[np.ndarray, "*n"]
) -> Float64[np.ndarray, "*t"]:
    """Untouched up to 0.8 of the limit, then ever slower towards it; twice continuously differentiable."""
    values, most = np.asarray(values, np.float64), np.asarray(limit, np.float64)
    kept, room = SOFT * most, (1 - SOFT) * most
    beyond = np.clip(np.abs(values) - kept, 0.0, None)
    pressed = kept + room * np.tanh(beyond / np.maximum(room, 1e-12))
    return np.where(beyond > 0, np.sign(values) * pressed, values)


def angles_of(rotations: Float[np.ndarray, "t 3"]) -> Float64[np.ndarray, "t 3"]:
    """Pitch (down positive), yaw (to the subject's left positive), roll in degrees, of axis-angle triples."""
    turned = Rotation.from_rotvec(np.asarray(rotations, np.float64)).as_euler(ORDER, degrees=True)
    return turned[:, [1, 0, 2]]


def rotations_of(angles: Float[np.ndarray, "t 3"]) -> Float32[np.ndarray, "t 3"]:
    """Axis-angle triples of pitch, yaw and roll in degrees."""
    turns = np.asarray(angles, np.float64)[:, [1, 0, 2]]
    return Rotation.from_euler(ORDER, turns, degrees=True).as_rotvec().astype(np.float32)
