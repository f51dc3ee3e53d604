"""Curves over frames: sampling between frames and smoothing, for plain values and axis-angle triples."""

import numpy as np
from jaxtyping import Float, Float32
from scipy.interpolate import PchipInterpolator
from scipy.signal import savgol_filter
from scipy.spatial.transform import Rotation, Slerp


def sample(
    values: Float[np.ndarray, "t n"], positions: Float[np.ndarray, "k"], rotation: bool = False
) -> Float32[np.ndarray, "k n"]:
    """Values at fractional frame positions within 0 … t−1."""
    if len(values) == 1:
        return np.repeat(values, len(positions), axis=0).astype(np.float32)
    frames, nearest = np.arange(len(values)), np.rint(positions).astype(int)
    if rotation:
        triples = [
            same_turn(Slerp(frames, Rotation.from_rotvec(v))(positions).as_rotvec(), v[nearest])
            for v in _triples(values)
        ]
        between = np.concatenate(triples, axis=1)
    else:
        between = PchipInterpolator(frames, values)(positions)
    on_frame = (positions == nearest)[:, None]
    return np.where(on_frame, values[nearest], between).astype(np.float32)


def savitzky_golay(
    values: Float[np.ndarray, "t n"], frames: int, rotation: bool = False, order: int = 3
) -> Float32[np.ndarray, "t n"]:
    """Polynomial smoothing over an odd window of `frames`; clips shorter than it get a smaller window."""
    frames = min(frames, len(values) - 1 + len(values) % 2)
    if frames <= order:
        return values.astype(np.float32)
    if not rotation:
        return savgol_filter(values, frames, order, axis=0).astype(np.float32)
    triples = []
    for vectors in _triples(values):
        quaternions = continuous(Rotation.from_rotvec(vectors).as_quat())
        smoothed = savgol_filter(quaternions, frames, order, axis=0)
        triples.append(same_turn(Rotation.from_quat(smoothed).as_rotvec(), vectors))
    return np.concatenate(triples, axis=1).astype(np.float32)


def blend(
    a: Float[np.ndarray, "t n"],
    b: Float[np.ndarray, "t n"],
    weight: Float[np.ndarray, "t 1"],
    rotation: bool = False,
) -> Float32[np.ndarray, "t n"]:
    """From `a` at weight 0 to `b` at weight 1."""
    if not rotation:
        return ((1 - weight) * a + weight * b).astype(np.float32)
    triples = []
    for start, end in zip(_triples(a), _triples(b), strict=True):
        first = Rotation.from_rotvec(start)
        step = first.inv() * Rotation.from_rotvec(end)
        mixed = first * Rotation.from_rotvec(step.as_rotvec() * weight)
        triples.append(same_turn(mixed.as_rotvec(), np.where(weight < 0.5, start, end)))
    return np.concatenate(triples, axis=1).astype(np.float32)


def continuous(quaternions: Float[np.ndarray, "t 4"]) -> Float[np.ndarray, "t 4"]:
    """q and −q are the same rotation: choose signs so that neighbours are close."""
    dots = (quaternions[1:] * quaternions[:-1]).sum(1)
    signs = np.cumprod(np.concatenate([[1.0], np.where(dots < 0, -1.0, 1.0)]))
    return quaternions * signs[:, None]


def same_turn(
    vectors: Float[np.ndarray, "t 3"], reference: Float[np.ndarray, "t 3"]
) -> Float[np.ndarray, "t 3"]:
    """The same rotations, with the whole turns that bring them nearest to `reference`."""
    angle = np.linalg.norm(vectors, axis=1, keepdims=True)
    axis = vectors / np.maximum(angle, 1e-9)
    turns = np.rint(((reference * axis).sum(1, keepdims=True) - angle) / (2 * np.pi))
    return vectors + axis * turns * (2 * np.pi)


def smoothstep(count: int) -> Float[np.ndarray, "k"]:
    """`count` weights that rise from near 0 to near 1 with flat ends."""
    x = (np.arange(count) + 0.5) / max(count, 1)
    return x * x * (3 - 2 * x)


def _triples(values: Float[np.ndarray, "t n"]) -> list[np.ndarray]:
    return np.split(np.asarray(values, np.float64), values.shape[1] // 3, axis=1)
