"""What motion is aligned to: stressed words, phrases, pauses, loudness and pitch, heard in the sound."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from jaxtyping import Float, Float64
from scipy.ndimage import gaussian_filter1d, maximum_filter1d
from scipy.signal import find_peaks

from ..audio.features import AudioFeatures
from ..audio.mood import FEATURES as MOOD

QUIETEST = 10 ** (-60 / 20)  # amplitude below which nothing is speech
SPEECH = 10 ** (-30 / 20)  # of the loud parts
HOLD = 0.12  # seconds for which speech is kept alive around what is loud enough
PAUSE = 0.25  # seconds of silence that count as a pause
SYLLABLE, NEARBY, APART = 0.05, 0.8, 0.28  # seconds: smoothing, surroundings, least distance of beats
STANDS_OUT = 0.06
PITCH_COUNTS = 0.3  # a pitch of 6 semitones above usual against full loudness


@dataclass(frozen=True, eq=False)
class Accents:
    """Times in seconds; curves per frame."""

    fps: float
    stressed: Float64[np.ndarray, "n"]
    strength: Float64[np.ndarray, "n"]  # 0 … 1, of each stressed word
    phrases: Float64[np.ndarray, "p 2"]  # start and end
    pauses: Float64[np.ndarray, "q 2"]  # between phrases, and silence at either end
    energy: Float64[np.ndarray, "t"]  # 0 … 1
    speech: Float64[np.ndarray, "t"]  # 0 pause … 1 someone speaks
    pitch: Float64[np.ndarray, "t"]  # about −1 … 1, 0 = usual or unvoiced

    @property
    def n_frames(self) -> int:
        return len(self.energy)

    @property
    def duration(self) -> float:
        return self.n_frames / self.fps

    @property
    def tempo(self) -> float:
        """Stressed words a second of speech; 0 where there are too few to say."""
        gaps = [b - a for a, b in pairwise(self.stressed) if b - a < 2.0]
        return 1.0 / float(np.median(gaps)) if len(gaps) >= 2 else 0.0

    def fitted(self, frames: int, fps: float) -> "Accents":
        """The same moments for a clip of another length or rate; beyond the sound there is silence."""
        if frames == self.n_frames and fps == self.fps:
            return self
        times = np.arange(frames) / fps
        own = np.arange(self.n_frames) / self.fps
        curves = (np.interp(times, own, curve, right=0.0) for curve in (self.energy, self.speech, self.pitch))
        within, end = self.stressed < frames / fps, frames / fps
        spans = [s[s[:, 0] < end].clip(max=end) for s in (self.phrases, self.pauses)]
        return Accents(fps, self.stressed[within], self.strength[within], *spans, *curves)


def silent(frames: int, fps: float) -> Accents:
    """Nothing is heard; motion runs freely, as if someone spoke evenly."""
    none, still = np.zeros(0), np.zeros(frames)
    whole = np.array([[0.0, frames / fps]])
    return Accents(fps, none, none, whole, np.zeros((0, 2)), still + 0.6, still + 1.0, still)


def hear_accents(features: AudioFeatures) -> Accents:
    """From any features: loudness always, pitch where the built-in emotion features measured it."""
    fps, amplitude = features.fps, features.amplitude.astype(np.float64)
    loud = max(QUIETEST, float(np.percentile(amplitude, 95)))
    energy = np.sqrt(np.clip(amplitude / loud, 0.0, 1.0)) * (amplitude > QUIETEST)
    heard = (amplitude > np.maximum(SPEECH * loud, QUIETEST)).astype(np.float64)
    phrases, pauses = _spans(heard > 0.5, fps)
    heard = maximum_filter1d(heard, 2 * round(HOLD * fps) + 1, mode="constant")
    pitch = np.zeros(len(energy))
    if features.emotion.shape[1] == len(MOOD):
        pitch = np.clip(features.emotion[:, MOOD.index("pitch")].astype(np.float64), -1.0, 1.0)
    stressed, strength = _stressed((energy + PITCH_COUNTS * pitch) * heard, fps)
    smooth = gaussian_filter1d(heard, 0.08 * fps)
    return Accents(fps, stressed, strength, phrases, pauses, energy, smooth, pitch)


def _stressed(voice: Float[np.ndarray, "t"], fps: float) -> tuple[np.ndarray, np.ndarray]:
    """Peaks over their surroundings."""
    smooth = gaussian_filter1d(voice, SYLLABLE * fps)
    over = smooth - gaussian_filter1d(smooth, NEARBY * fps)
    peaks, _ = find_peaks(over, height=STANDS_OUT, distance=max(1, round(APART * fps)))
    return (peaks + 0.5) / fps, np.clip(over[peaks] / 0.4, 0.0, 1.0)


def _spans(speaking: np.ndarray, fps: float) -> tuple[np.ndarray, np.ndarray]:
    """Phrases (silences shorter than a pause bridged), and what lies between and around them."""
    flags = np.concatenate([[False], speaking, [False]])
    edges = np.flatnonzero(flags[1:] != flags[:-1]).reshape(-1, 2) / fps
    phrases: list[list[float]] = []
    for start, end in edges.tolist():
        if phrases and start - phrases[-1][1] < PAUSE:
            phrases[-1][1] = end
        else:
            phrases.append([start, end])
    inside = [t for span in phrases for t in span]
    between = np.array([0.0, *inside, len(speaking) / fps]).reshape(-1, 2)
    pauses = between[between[:, 1] - between[:, 0] >= PAUSE]
    return np.array(phrases).reshape(-1, 2), pauses
