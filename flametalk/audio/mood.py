"""Emotion from prosody by rules: an honest stand-in where no emotion2vec weights are given.

Pitch, range, rate, effort and clarity of the seconds around are compared with neutral speech and with what
is known of acted emotions (the directions of Juslin and Laukka, Psychological Bulletin 2003). Arousal is
heard rather well this way, valence badly: that is so for every method that listens to prosody alone.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Float64
from scipy.ndimage import gaussian_filter1d

from .cepstra import HOP_RATE
from .prosody import Prosody
from .timing import frame_means

EMOTIONS = ("neutral", "angry", "contempt", "disgust", "fear", "happy", "sad", "surprise")
CUES = ("height", "range", "rate", "effort", "clarity")
MEMORY = 1.5  # seconds, σ of the window over which cues are gathered
# What neutral speech measures, and how much it differs from one speaker to the next.
RANGE, RANGE_SPREAD = 2.8, 1.4  # semitones, standard deviation of pitch
RATE, RATE_SPREAD = 3.6, 1.2  # vowels a second while speaking
TILT, TILT_SPREAD = -14.0, 5.0  # dB in voiced speech
CLARITY, CLARITY_SPREAD = 0.86, 0.06  # periodicity in voiced speech
LOW_VOICE, HIGH_VOICE, HEIGHT_SPREAD = 90.0, 230.0, 4.0  # Hz, Hz, semitones: in between, height says nothing
# Where each emotion lies, in those units; columns as in CUES.
PROTOTYPES = np.array(
    [
        [0.0, 0.0, 0.0, 0.0, 0.0],
        [0.6, 0.7, 0.6, 1.8, 0.0],
        [-0.7, -0.6, -0.4, -0.3, 0.3],
        [-0.6, 0.2, -0.9, 0.2, -0.5],
        [1.5, -0.4, 1.0, 0.3, -0.6],
        [0.8, 1.0, 0.8, 0.8, 0.5],
        [-0.5, -1.1, -1.2, -1.2, -0.6],
        [2.0, 1.8, -0.3, 0.3, 0.0],
    ]
)
SILENT = -60.0  # dB of full scale: a clip that never gets louder says nothing
NEUTRAL_PRIOR = 2.0  # added to the log of neutral: most speech is
AROUSAL = np.array([0.35, 0.25, 0.3, 0.4, 0.05])  # weights of the cues
VALENCE = np.array([0.06, 0.2, 0.03, -0.1, 0.15])
FEATURES = (
    "pitch", "voiced", "pitch slope", "level", "level slope", *CUES, "valence", "arousal", *EMOTIONS,
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Mood:
    """Emotion features of every video frame (columns named in `FEATURES`), and of the whole clip."""

    features: Float32[np.ndarray, "frames 20"]
    valence: float  # −1 … 1
    arousal: float  # −1 … 1
    scores: dict[str, float]  # one of EMOTIONS → part, summing to 1


def mood_of(prosody: Prosody, fps: float, n_frames: int) -> Mood:
    """Rule-based emotion features of a clip."""
    voiced = (prosody.pitch > 0).astype(np.float64)
    semitones = _semitones(prosody)
    loud = max(SILENT, float(np.percentile(prosody.level, 95)))
    level = np.clip((prosody.level - loud) / 20.0 + 1.0, -1.0, 1.5)  # 1 at the loud parts, 0 20 dB below
    smooth_pitch = _weighted(semitones, voiced, 0.06)
    cues = _cues(prosody, semitones, voiced, loud)
    scores, valence, arousal = emotion_of(cues)
    columns = [
        semitones / 6.0 * voiced, voiced, _slope(smooth_pitch) * voiced / 30.0,
        level, _slope(gaussian_filter1d(level, 4.0)) / 4.0,
        *cues.T, valence, arousal, *scores.T,
    ]  # fmt: skip
    features = frame_means(np.stack(columns, axis=1).astype(np.float32), HOP_RATE, fps, n_frames)
    weight = voiced + 1e-6
    mean = np.average(scores, axis=0, weights=weight)
    return Mood(
        features,
        float(np.average(valence, weights=weight)),
        float(np.average(arousal, weights=weight)),
        {name: float(part) for name, part in zip(EMOTIONS, mean / mean.sum(), strict=True)},
    )


def emotion_of(
    cues: Float64[np.ndarray, "hops 5"],
) -> tuple[Float64[np.ndarray, "hops 8"], Float64[np.ndarray, "hops"], Float64[np.ndarray, "hops"]]:
    """Soft emotion label, valence and arousal of cues in units of their spread."""
    closeness = -0.5 * ((cues[:, None] - PROTOTYPES) ** 2).sum(-1)
    closeness[:, 0] += NEUTRAL_PRIOR
    scores = np.exp(closeness - closeness.max(1, keepdims=True))
    return scores / scores.sum(1, keepdims=True), np.tanh(cues @ VALENCE), np.tanh(cues @ AROUSAL)


def _cues(prosody: Prosody, semitones: np.ndarray, voiced: np.ndarray, loud: float) -> np.ndarray:
    """(hops, 5) in units of their spread, drawn to 0 where little was heard."""
    speaking = gaussian_filter1d((prosody.level > loud - 30.0).astype(float), 10.0)
    mean = _weighted(semitones, voiced)
    spread = np.sqrt(_weighted((semitones - mean) ** 2, voiced))
    median = float(np.median(prosody.pitch[voiced > 0])) if voiced.any() else 0.0
    absolute = 0.0
    if median > HIGH_VOICE:
        absolute = 12.0 * np.log2(median / HIGH_VOICE)
    elif 0.0 < median < LOW_VOICE:
        absolute = 12.0 * np.log2(median / LOW_VOICE)
    cues = np.stack(
        [
            (absolute + mean) / HEIGHT_SPREAD,
            (spread - RANGE) / RANGE_SPREAD,
            (_weighted(prosody.syllables / np.maximum(speaking, 0.1) * HOP_RATE, speaking) - RATE)
            / RATE_SPREAD,
            (_weighted(prosody.tilt, voiced) - TILT) / TILT_SPREAD,
            (_weighted(prosody.periodicity, voiced) - CLARITY) / CLARITY_SPREAD,
        ],
        axis=1,
    )
    heard = gaussian_filter1d(voiced, MEMORY * HOP_RATE, mode="constant")
    return np.clip(cues, -3.0, 3.0) * np.minimum(1.0, heard / 0.15)[:, None]


def _semitones(prosody: Prosody) -> np.ndarray:
    """Pitch over the clip's median, octave slips taken back, 0 where unvoiced."""
    voiced = prosody.pitch > 0
    if not voiced.any():
        return np.zeros(len(prosody.pitch))
    pitch = np.where(voiced, prosody.pitch, 1.0)
    return np.where(voiced, np.clip(12.0 * np.log2(pitch / np.median(pitch[voiced])), -10.0, 10.0), 0.0)


def _weighted(values: np.ndarray, weights: np.ndarray, seconds: float = MEMORY) -> np.ndarray:
    """Gaussian mean over time with weights."""
    sigma = seconds * HOP_RATE
    total = gaussian_filter1d(np.asarray(weights, float), sigma, mode="nearest")
    return gaussian_filter1d(values * weights, sigma, mode="nearest") / np.maximum(total, 1e-4)


def _slope(values: np.ndarray) -> np.ndarray:
    """Change a second."""
    return np.gradient(values) * HOP_RATE if len(values) > 1 else np.zeros(len(values))
