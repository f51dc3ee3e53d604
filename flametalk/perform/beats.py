"""Where speech asks the body to move: stressed syllables, and the ends of phrases."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64
from scipy.ndimage import gaussian_filter1d
from scipy.signal import find_peaks

from .score import RATE, Score

SYLLABLE = 0.05  # seconds, σ at which syllables are told apart
NEARBY = 0.8  # seconds, σ of the surroundings that a stressed syllable stands out of
APART = 0.28  # seconds between stressed syllables, at least
STANDS_OUT = 0.06
PITCH_COUNTS = 0.05  # of a semitone against loudness
PAUSE = 0.18  # seconds of silence that end a phrase


@dataclass(frozen=True, eq=False)
class Beats:
    """Seconds."""

    stressed: Float64[np.ndarray, "n"]
    strength: Float64[np.ndarray, "n"]  # 0 … 1
    phrase_starts: Float64[np.ndarray, "p"]
    phrase_ends: Float64[np.ndarray, "p"]


def find_beats(score: Score) -> Beats:
    """Peaks of loudness and pitch over their surroundings, and the edges of speech."""
    voice = (score.loudness + PITCH_COUNTS * np.clip(score.pitch, -4.0, 6.0)) * score.speech
    smooth = gaussian_filter1d(voice, SYLLABLE * RATE)
    around = gaussian_filter1d(smooth, NEARBY * RATE)
    peaks, _ = find_peaks(smooth - around, height=STANDS_OUT, distance=round(APART * RATE))
    strength = np.clip((smooth - around)[peaks] / 0.4, 0.0, 1.0)
    speaking = np.concatenate([[False], score.speech > 0.5, [False]])
    edges = np.flatnonzero(speaking[1:] != speaking[:-1]).reshape(-1, 2) / RATE
    keep = np.ones(len(edges) + 1, bool)
    keep[1:-1] = edges[1:, 0] - edges[:-1, 1] >= PAUSE
    return Beats(
        peaks / RATE, strength, edges[keep[:-1], 0] if len(edges) else np.zeros(0), edges[keep[1:], 1]
    )
