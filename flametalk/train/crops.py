"""Training examples: which part of which performance, from which reference frame, and how it is varied.

Everything is a function of the seed and of the number of the step. So a run that was killed goes on with
exactly the examples it would have seen, and many processes share a step without talking to one another.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from jaxtyping import Bool, Float, Float16, Float32
from torch import Tensor

from ..generate.inputs import AudioInput
from ..generate.model import origin_of
from ..motion.statistics import Moments, MotionStatistics
from .portrait import Portraits
from .recipes import Recipe
from .source import Remembered

QUIET = 0.05  # of the loud parts: below that, a frame and its neighbours are silent
NEIGHBOURS = 4  # frames on either side that have to be silent too
STATISTICS, EXAMPLE, VARIED = 1, 2, 3  # streams of chance
SPAN = 4  # frames on end that are heard well, or as they were
CLEAR = 0.85  # share of what was spoken in frames that are heard well
SURE = (0.5, 1.3)  # exponents of linguistic features that are made less, or more, sure


@dataclass(frozen=True, eq=False)
class Batch:
    """Examples of equal length; what is behind the end of a short performance is not valid."""

    audio: AudioInput
    reference: Float[Tensor, "b d"]  # z-scored
    motion: Float[Tensor, "b t d"]  # z-scored differences from it
    valid: Bool[Tensor, "b t"]

    __no_type_check__ = True

    def to(self, device: torch.device) -> "Batch":
        return Batch(
            self.audio.to(device),
            self.reference.to(device),
            self.motion.to(device),
            self.valid.to(device),
        )


def make_batch(
    data: Remembered, statistics: MotionStatistics, recipe: Recipe, step: int, slots: range
) -> Batch:
    """The examples `slots` of the batch that step number `step` learns from."""
    drawn = [_example(data, statistics, recipe, step, slot) for slot in slots]
    parts = [torch.from_numpy(np.stack(column)) for column in zip(*drawn, strict=True)]
    language, envelope, feeling, reference, motion, valid = parts
    return Batch(AudioInput(language, envelope, feeling), reference, motion, valid)


def position(count: int, recipe: Recipe, step: int, slot: int) -> int:
    """Which performance: each epoch goes through all of them in an order of its own."""
    epoch, place = divmod(step * recipe.batch + slot, count)
    return int(_permutation(recipe.seed, epoch, count)[place])


@lru_cache(maxsize=2)
def _permutation(seed: int, epoch: int, count: int) -> np.ndarray:
    return np.random.default_rng([seed, epoch]).permutation(count)


def _example(
    data: Remembered, statistics: MotionStatistics, recipe: Recipe, step: int, slot: int
) -> tuple[np.ndarray, ...]:
    chance = np.random.default_rng([recipe.seed, EXAMPLE, step, slot])
    motion, heard, told, envelope, feeling, felt = data[position(len(data), recipe, step, slot)]
    start = int(chance.integers(max(1, len(motion) - recipe.crop + 1)))
    part = slice(start, start + recipe.crop)
    frame = reference_of(data.portraits, motion, envelope, felt[part], recipe, chance)
    rows = motion[part].astype(np.float32)
    origin = origin_of(recipe.network, frame)
    difference = statistics.difference.normalise(rows.astype(np.float64) - origin)
    arrays = vary(
        hear(heard[part], told[part], recipe, chance),
        envelope[part].astype(np.float32),
        feeling[part].astype(np.float32),
        recipe,
        np.random.default_rng([recipe.seed, VARIED, step, slot]),
    )
    valid = np.arange(recipe.crop) < len(rows)
    padded = [fill(a, recipe.crop) for a in (*arrays, difference.astype(np.float32))]
    return (*padded[:3], statistics.frame.normalise(frame).astype(np.float32), padded[3], valid)


def hear(
    heard: Float16[np.ndarray, "t dl"],
    told: Float16[np.ndarray, "t dl"],
    recipe: Recipe,
    chance: np.random.Generator,
) -> Float32[np.ndarray, "t dl"]:
    """What a better ear would have heard: here and there, for some frames on end, what was spoken.

    Synthetic voices are understood worse than people are. Errors stay what they are: sure of the wrong phone,
    not half sure of the right one.
    """
    right = chance.uniform(*recipe.told) if recipe.told[1] else 0.0
    spans = chance.random(len(heard) // SPAN + 2) < right
    offset = int(chance.integers(SPAN))
    share = CLEAR * np.repeat(spans, SPAN)[offset : offset + len(heard), None]
    return ((1.0 - share) * heard + share * told).astype(np.float32)


def reference_of(
    portraits: Portraits,
    motion: Float16[np.ndarray, "t d"],
    envelope: Float16[np.ndarray, "t bins"],
    felt: Float16[np.ndarray, "part emotions"],
    recipe: Recipe,
    chance: np.random.Generator,
) -> Float32[np.ndarray, "d"]:
    """The frame that motion is told relative to; `felt` is of the part that is learned from."""
    anyone, pick = chance.random(2)
    if anyone < recipe.any_reference:
        return motion[int(pick * len(motion))].astype(np.float32)
    if recipe.reference == "portrait":
        return portraits.draw(motion[0].astype(np.float32), felt.astype(np.float32))
    if recipe.reference == "first":
        return motion[0].astype(np.float32)
    quiet = silent_frames(envelope)
    return motion[quiet[int(pick * len(quiet))] if len(quiet) else 0].astype(np.float32)


def silent_frames(envelope: np.ndarray) -> np.ndarray:
    """Frames that are quiet and lie among quiet ones."""
    loudness = envelope.astype(np.float32).mean(-1)
    threshold = QUIET * np.percentile(loudness, 95)
    padded = np.pad(loudness, NEIGHBOURS, mode="edge")
    around = np.lib.stride_tricks.sliding_window_view(padded, 2 * NEIGHBOURS + 1).max(-1)
    return np.flatnonzero(around <= threshold)


def vary(
    language: Float32[np.ndarray, "t dl"],
    envelope: Float32[np.ndarray, "t bins"],
    feeling: Float32[np.ndarray, "t de"],
    recipe: Recipe,
    chance: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Louder or softer; phones heard less (or more) surely; another way of feeling."""
    if recipe.gain:
        envelope = envelope * np.float32(10.0 ** (chance.uniform(-recipe.gain, recipe.gain) / 20.0))
    if recipe.blur and chance.random() < recipe.blur:
        sure = language.clip(1e-6) ** chance.uniform(*SURE)
        sure /= sure.sum(1, keepdims=True)
        share = chance.uniform(0.0, 0.4)  # what is heard with the neighbouring frames
        shifted = 0.5 * (np.roll(sure, 1, 0) + np.roll(sure, -1, 0))
        shifted[[0, -1]] = sure[[0, -1]]
        language = ((1.0 - share) * sure + share * shifted).astype(np.float32)
    if recipe.hoarse:
        offset = recipe.hoarse * chance.standard_normal((1, feeling.shape[1]))
        feeling = (feeling * chance.uniform(0.6, 1.3) + offset).astype(np.float32)
    return language, envelope, feeling


def fill(rows: np.ndarray, count: int) -> np.ndarray:
    """`count` rows, zeros behind the end."""
    return np.pad(rows, ((0, count - len(rows)), (0, 0))) if len(rows) < count else rows


def measure_statistics(data: Remembered, recipe: Recipe) -> MotionStatistics:
    """Mean and spread of frames, and of their differences from references chosen as in training."""
    width = data.source.space.width
    differences, frames = Moments.empty(width), Moments.empty(width)
    count = min(len(data), recipe.statistics_from)
    for i in np.linspace(0, len(data) - 1, count).round().astype(int):
        motion, _, _, envelope, _, felt = data[int(i)]
        chance = np.random.default_rng([recipe.seed, STATISTICS, int(i)])
        frame = reference_of(data.portraits, motion, envelope, felt, recipe, chance).astype(np.float64)
        differences += Moments.of(motion.astype(np.float64) - origin_of(recipe.network, frame))
        frames += Moments.of(motion)
    return MotionStatistics(differences.zscore(), frames.zscore())
