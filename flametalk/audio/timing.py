"""Which samples and hops belong to which video frame."""

import numpy as np
from jaxtyping import Float32

from ..conventions import FPS
from ..errors import InputError

LOWEST_FPS, HIGHEST_FPS = 1.0, 240.0


def count_frames(n_samples: int, rate: int, fps: float = FPS) -> int:
    """Video frames that `n_samples` last, rounded, at least one; frame k covers k / fps … (k + 1) / fps."""
    check_fps(fps)
    return max(1, int(n_samples * fps / rate + 0.5))


def check_fps(fps: float) -> None:
    """Refuse frame rates that no video has."""
    if not LOWEST_FPS <= fps <= HIGHEST_FPS:
        raise InputError(
            f"the frame rate is {fps:g}, expected {LOWEST_FPS:g} to {HIGHEST_FPS:g} frames a second"
        )


def frame_means(
    values: Float32[np.ndarray, "steps *dims"], rate: float, fps: float, n_frames: int
) -> Float32[np.ndarray, "frames *dims"]:
    """The mean of `values` (`rate` a second, each lasting one step) over the span of each video frame.

    Steps that lie in two frames are shared between them; behind the end the last step lasts on.
    """
    steps = len(values)
    last = int(np.ceil(n_frames * rate / fps)) + 1
    lasting = np.concatenate([values, np.repeat(values[-1:], max(0, last - steps), axis=0)])[:last]
    total = np.zeros((len(lasting) + 1, *values.shape[1:]))
    np.cumsum(lasting, axis=0, out=total[1:])
    edges = np.arange(n_frames + 1) * rate / fps
    whole = np.floor(edges + 1e-9).astype(int)
    part = (edges - whole).reshape(-1, *[1] * (values.ndim - 1))
    at_edges = total[whole] + part * (total[np.minimum(whole + 1, len(lasting))] - total[whole])
    return (np.diff(at_edges, axis=0) * fps / rate).astype(np.float32)


def span_mean(values: Float32[np.ndarray, "steps *dims"], begin: float, end: float) -> np.ndarray:
    """The mean of `values` over the span of positions `begin` … `end`, each step lasting one."""
    first, last = int(begin + 1e-9), max(int(begin + 1e-9) + 1, int(np.ceil(end - 1e-9)))
    steps = np.clip(np.arange(first, last), 0, len(values) - 1)
    weights = np.minimum(np.arange(first, last) + 1, end) - np.maximum(np.arange(first, last), begin)
    return np.tensordot(weights / weights.sum(), values[steps], axes=1)
