"""Means with bootstrap intervals, and paired tests between methods."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product

import numpy as np
from jaxtyping import Float

RESAMPLES = 10_000
FLIPS = 10_000
EXACT = 12  # pairs up to which every combination of signs is tried
LEVEL = 0.95
BLOCK = 500  # resamples drawn together


@dataclass(frozen=True)
class Summary:
    """Mean over clips and its 95 % bootstrap interval (percentiles); NaN where there are too few clips."""

    mean: float
    low: float
    high: float
    count: int  # clips that have a number


def summarise(values: Float[np.ndarray, "clips"], seed: int = 0) -> Summary:
    """Clips without a number are left out, and not counted."""
    numbers = values[~np.isnan(values)]
    nan = float("nan")
    if not len(numbers):
        return Summary(nan, nan, nan, 0)
    if len(numbers) == 1:
        return Summary(float(numbers[0]), nan, nan, 1)
    chance = np.random.default_rng(seed)
    picks = chance.integers(0, len(numbers), (RESAMPLES, len(numbers)))
    means = np.concatenate([numbers[picks[i : i + BLOCK]].mean(1) for i in range(0, RESAMPLES, BLOCK)])
    low, high = np.quantile(means, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Summary(float(numbers.mean()), float(low), float(high), len(numbers))


def paired_p(differences: Float[np.ndarray, "clips"], seed: int = 0) -> float:
    """Two-sided sign-flip permutation test: how often chance gives a mean difference that large.

    Exact up to 12 clips, then 10,000 random flips. NaN with fewer than 2 clips.
    """
    numbers = differences[~np.isnan(differences)]
    n = len(numbers)
    if n < 2:
        return float("nan")
    seen = abs(numbers.mean())
    if n <= EXACT:
        signs = np.array(list(product((1.0, -1.0), repeat=n)))
        return float((np.abs(signs @ numbers) / n >= seen * (1 - 1e-9)).mean())
    chance = np.random.default_rng(seed)
    signs = chance.integers(0, 2, (FLIPS, n)) * 2.0 - 1.0
    as_large = (np.abs(signs @ numbers) / n >= seen * (1 - 1e-9)).sum()
    return float((as_large + 1) / (FLIPS + 1))


def holm(p: Mapping[str, float]) -> dict[str, float]:
    """Holm's correction for several comparisons at once; NaN stays NaN and counts for none."""
    real = sorted((value, key) for key, value in p.items() if not np.isnan(value))
    corrected, highest = dict(p), 0.0
    for rank, (value, key) in enumerate(real):
        highest = max(highest, min(1.0, value * (len(real) - rank)))
        corrected[key] = highest
    return corrected
