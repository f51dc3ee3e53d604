"""Blinks, seen at the lids of the mesh."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float64

from ..clip import Clip
from ..head import Head
from .keypoints import landmark_paths
from .score import Score

CORNERS = ((36, 39), (42, 45))  # of the right and the left eye among the 68 landmarks
LIDS = (((37, 41), (38, 40)), ((43, 47), (44, 46)))
USUAL = 80  # percentile of the opening that counts as an open eye
SHUT = 0.4  # of that: a blink
HALF = 0.7  # of that: where a blink begins and ends
LONGEST = 1.0  # seconds: eyes shut longer are not blinking


@dataclass(frozen=True, eq=False)
class Blinks:
    """When the eyes shut, and for how long."""

    times: Float64[np.ndarray, "n"]  # seconds of the middle
    lengths: Float64[np.ndarray, "n"]  # seconds below `HALF` of the usual opening
    duration: float  # seconds looked at

    @property
    def rate(self) -> Score:
        """People: 10 to 25 a minute while they talk."""
        return Score(60.0 * len(self.times) / self.duration, "blinks", "/min", "lids of the mesh")

    @property
    def mean_length(self) -> Score:
        """NaN without a blink."""
        value = float(self.lengths.mean()) if len(self.lengths) else float("nan")
        return Score(value, "blink length", "s", f"below {HALF:.0%} of the usual opening")

    @property
    def mean_interval(self) -> Score:
        """Seconds from one blink to the next; NaN with fewer than two."""
        apart = np.diff(self.times)
        return Score(float(apart.mean()) if len(apart) else float("nan"), "time between blinks", "s")


def blinks(clip: Clip, head: Head | None = None) -> Blinks:
    """The blinks of a clip."""
    return blinks_of(eye_opening(landmark_paths(clip, head, "face")), clip.fps)


def eye_opening(paths: Float64[np.ndarray, "t 68 3"]) -> Float64[np.ndarray, "t"]:
    """Height over width of the opening between the lids, mean of both eyes (the eye aspect ratio)."""
    both = []
    for (outer, inner), lids in zip(CORNERS, LIDS, strict=True):
        heights = [np.linalg.norm(paths[:, a] - paths[:, b], axis=-1) for a, b in lids]
        both.append(np.mean(heights, 0) / np.linalg.norm(paths[:, outer] - paths[:, inner], axis=-1))
    return np.mean(both, 0)


def blinks_of(opening: Float[np.ndarray, "t"], fps: float) -> Blinks:
    """From the opening of the eyes, in any unit. Lids that never move do not blink."""
    opening = np.asarray(opening, np.float64)
    usual = float(np.percentile(opening, USUAL))
    narrow = np.concatenate([[False], opening < HALF * usual, [False]])
    edges = np.flatnonzero(narrow[1:] != narrow[:-1]).reshape(-1, 2)
    times, lengths = [], []
    for first, last in edges:
        shut = first + np.flatnonzero(opening[first:last] < SHUT * usual)
        if len(shut) and (last - first) / fps <= LONGEST:
            times.append(float(shut.mean()) / fps)
            lengths.append((last - first) / fps)
    return Blinks(np.array(times), np.array(lengths), len(opening) / fps)
