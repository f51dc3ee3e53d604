"""Random curves that a body could make."""

import numpy as np
from jaxtyping import Float64
from scipy.ndimage import gaussian_filter1d


def drift(
    chance: np.random.Generator, frames: int, fps: float, seconds: float
) -> Float64[np.ndarray, "frames"]:
    """Smooth noise of unit variance that wanders within about `seconds`."""
    sigma = max(0.3 * seconds * fps, 1.0)
    reach = int(np.ceil(4 * sigma))
    white = chance.standard_normal(frames + 2 * reach)
    return gaussian_filter1d(white, sigma)[reach : reach + frames] * np.sqrt(2.0 * np.sqrt(np.pi) * sigma)


def ease(x: Float64[np.ndarray, "*t"]) -> Float64[np.ndarray, "*t"]:
    """0 … 1 with least jerk: how a limb goes from one place to another."""
    x = np.clip(x, 0.0, 1.0)
    return x**3 * (10.0 - 15.0 * x + 6.0 * x * x)


def pulse(
    times: Float64[np.ndarray, "t"], start: float, rise: float, hold: float, fall: float
) -> Float64[np.ndarray, "t"]:
    """Up within `rise` seconds, there for `hold`, down within `fall`."""
    return np.minimum(ease((times - start) / rise), ease((start + rise + hold + fall - times) / fall))


def steps(
    times: Float64[np.ndarray, "t"], starts: np.ndarray, values: np.ndarray, seconds: float
) -> Float64[np.ndarray, "t"]:
    """From 0 to each value in turn, beginning at its start and taking `seconds`."""
    moved = np.zeros(len(times))
    for start, change in zip(starts, np.diff(values, prepend=0.0), strict=True):
        moved += change * ease((times - start) / seconds)
    return moved
