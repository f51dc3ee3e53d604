"""Motions whose figures are known."""

from functools import lru_cache

import numpy as np

from flametalk.clip import Clip
from flametalk.head import Head


@lru_cache(maxsize=1)
def head() -> Head:
    return Head.load()


def lively(frames: int = 40, seed: int = 0, **parts) -> Clip:
    """Smooth random motion of the built-in head."""
    chance = np.random.default_rng(seed)
    times = np.arange(frames)[:, None] / 25
    waves = np.sin(2 * np.pi * times * chance.uniform(0.3, 2.0, 50) + chance.uniform(0, 6, 50))
    opening = np.maximum(0.0, 0.15 * np.sin(2 * np.pi * times[:, 0] * 2.1))
    fields = {
        "expression": 0.2 * waves,
        "head": 0.1 * waves[:, :3],
        "jaw": np.stack([opening, 0 * opening, 0 * opening], 1),
        "made_for": head().name,
    }
    return Clip.neutral(frames, **(fields | parts))
