"""Mean and spread of motion: gathered in one pass and merged (Welford, Chan), then used for z-scores."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float64

from ..errors import InputError

SMALLEST = 1e-6  # a dimension that spreads less than this is constant: its z-score is always zero


@dataclass(frozen=True, eq=False)
class Moments:
    """Count, mean and summed squared distance from the mean of the rows seen so far."""

    count: int
    mean: Float64[np.ndarray, "width"]
    squares: Float64[np.ndarray, "width"]

    @staticmethod
    def empty(width: int) -> "Moments":
        return Moments(0, np.zeros(width), np.zeros(width))

    @staticmethod
    def of(rows: Float[np.ndarray, "t width"]) -> "Moments":
        rows = np.asarray(rows, np.float64)
        if not len(rows):
            return Moments.empty(rows.shape[1])
        mean = rows.mean(0)
        return Moments(len(rows), mean, ((rows - mean) ** 2).sum(0))

    def __add__(self, other: "Moments") -> "Moments":
        """As if the rows of both had been seen together."""
        count = self.count + other.count
        if count == 0:
            return self
        apart = other.mean - self.mean
        mean = self.mean + apart * (other.count / count)
        squares = self.squares + other.squares + apart**2 * (self.count * other.count / count)
        return Moments(count, mean, squares)

    def zscore(self) -> "ZScore":
        if self.count < 2:
            raise InputError(f"statistics of {self.count} rows: at least 2 are needed")
        return ZScore(self.mean, np.sqrt(self.squares / self.count))


@dataclass(frozen=True, eq=False)
class ZScore:
    """Shift and scale to mean 0 and spread 1, and back. Constant dimensions come back as their mean."""

    mean: Float64[np.ndarray, "width"]
    std: Float64[np.ndarray, "width"]

    def __post_init__(self) -> None:
        bad = not (np.isfinite(self.mean).all() and np.isfinite(self.std).all() and (self.std >= 0).all())
        if self.mean.shape != self.std.shape or bad:
            raise InputError("mean and std must be finite, of one length, and std not negative")

    @property
    def moves(self) -> np.ndarray:
        """Which dimensions are not constant."""
        return self.std > SMALLEST

    def normalise(self, rows: Float[np.ndarray, "*t width"]) -> Float64[np.ndarray, "*t width"]:
        scale = np.where(self.moves, self.std, 1.0)
        return np.where(self.moves, (np.asarray(rows, np.float64) - self.mean) / scale, 0.0)

    def denormalise(self, scores: Float[np.ndarray, "*t width"]) -> Float64[np.ndarray, "*t width"]:
        return np.asarray(scores, np.float64) * np.where(self.moves, self.std, 0.0) + self.mean


@dataclass(frozen=True, eq=False)
class MotionStatistics:
    """What a generator must know of its corpus: differences (its targets) and frames (its references)."""

    difference: ZScore
    frame: ZScore
