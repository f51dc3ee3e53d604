"""Made-up speech with exactly known phones, for the performer's tests."""

import numpy as np

from flametalk.audio.phones import LIPS_TOUCH, VOWELS
from flametalk.perform import Score, score_from_intervals
from flametalk.perform.score import Interval

CONSONANTS = "B CH D DH F G HH JH K L M N P R S SH T TH V W Y Z".split()


def babble(seconds: float, seed: int = 0, pause_every: int = 14) -> list[Interval]:
    """Syllables at conversational speed, with a pause now and then."""
    chance = np.random.default_rng(seed)
    spoken: list[Interval] = []
    time, syllables = 0.4, 0
    vowels = sorted(VOWELS)
    while time < seconds - 0.9:
        for choices, shortest, longest in ((CONSONANTS, 0.045, 0.11), (vowels, 0.07, 0.2)):
            lasts = chance.uniform(shortest, longest)
            spoken.append((choices[chance.integers(len(choices))], time, time + lasts))
            time += lasts
        syllables += 1
        if syllables % pause_every == 0:
            time += chance.uniform(0.4, 0.9)
    return spoken


def loudness(intervals: list[Interval], seconds: float, fps: float = 25.0) -> np.ndarray:
    """A plausible envelope: vowels loud, closures nearly silent."""
    times = (np.arange(round(seconds * fps)) + 0.5) / fps
    level = np.full(len(times), 1e-4)
    for name, start, end in intervals:
        level[(times >= start) & (times < end)] = 0.2 if name in VOWELS else 0.04
    return level


def babble_score(seconds: float, seed: int = 0) -> tuple[Score, list[Interval]]:
    intervals = babble(seconds, seed)
    return score_from_intervals(intervals, seconds, loudness(intervals, seconds)), intervals


def spans(
    intervals: list[Interval], names: frozenset[str] | set[str] = LIPS_TOUCH
) -> list[tuple[float, float]]:
    return [(start, end) for name, start, end in intervals if name in names]
