"""Clips that the control tests share: made-up speech with known closures, and accents at known times."""

from functools import lru_cache

import numpy as np
from perform.performances import babble_score, spans

from flametalk.audio.features import AudioFeatures
from flametalk.audio.mood import EMOTIONS
from flametalk.audio.mood import FEATURES as MOOD
from flametalk.clip import Clip
from flametalk.control.accents import Accents
from flametalk.head import Head
from flametalk.perform import perform_score

SECONDS = 24.0


@lru_cache(maxsize=1)
def head() -> Head:
    return Head.load()


@lru_cache(maxsize=1)
def spoken() -> tuple[Clip, list[tuple[float, float]]]:
    """A performed clip and the spans of its p, b and m."""
    score, intervals = babble_score(SECONDS)
    return perform_score(score, head()), spans(intervals)


def accents(
    seconds: float = 10.0, fps: float = 25.0, stressed: tuple[float, ...] = (1.0, 2.0, 4.0)
) -> Accents:
    """One phrase from 0.5 s to 6 s, a pause, one from 7 s."""
    frames = round(seconds * fps)
    times = np.arange(frames) / fps
    speech = (((times > 0.5) & (times < 6)) | (times > 7)).astype(float)
    return Accents(
        fps,
        np.array(stressed),
        np.linspace(1.0, 0.5, len(stressed)),
        np.array([[0.5, 6.0], [7.0, seconds]]),
        np.array([[0.0, 0.5], [6.0, 7.0]]),
        0.7 * speech,
        speech,
        0.3 * np.sin(times) * speech,
    )


def features(emotion: dict[str, float], frames: int = 250, built_in: bool = True) -> AudioFeatures:
    """Features whose emotion is known; loud in bursts."""
    columns = np.zeros((frames, len(MOOD)), np.float32) if built_in else np.zeros((frames, 768), np.float32)
    if built_in:
        for name, part in emotion.items():
            columns[:, MOOD.index(name)] = part
    amplitude = (0.1 * (np.arange(frames) // 12 % 2)).astype(np.float32) + 1e-4
    return AudioFeatures(
        25.0,
        np.zeros((frames, 42), np.float32),
        amplitude,
        np.zeros((frames, 640), np.float32),
        columns,
        {name: emotion.get(name, 0.0) for name in EMOTIONS},
        np.zeros(frames, np.float32),
        {"linguistic": "none"},
    )
