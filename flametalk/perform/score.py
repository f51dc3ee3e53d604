"""`Score`: what is said and how loudly, 100 times a second. From features of sound, or from exact phones."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64
from scipy.ndimage import gaussian_filter1d

from ..audio.features import AudioFeatures
from ..audio.mood import FEATURES as MOOD
from ..audio.phones import N_PHONES, PHONE_INDEX, SILENCE
from ..conventions import FPS
from ..errors import InputError, UnknownNameError
from .phone_shapes import DIPHTHONGS, TURN

RATE = 100  # steps a second
QUIETEST = 10 ** (-60 / 20)  # amplitude below which nothing is speech
SILENT, HEARD = -38.0, -26.0  # dB below the loud parts: closed, and fully driven
HOLD = 0.12  # seconds for which speech is kept alive around what is loud enough
USUAL = 0.7  # loudness where none is given
STRESS, SYLLABLE = 5.0, 0.06  # semitones by which a stressed syllable rises, and seconds (σ)

Interval = tuple[str, float, float]  # ARPAbet phone, start, end in seconds


@dataclass(frozen=True, eq=False)
class Score:
    """Phones as probabilities, loudness (1 = the loud parts of this clip), pitch (semitones, 0 = usual)."""

    fps: float
    n_frames: int
    phones: Float64[np.ndarray, "steps 42"]
    loudness: Float64[np.ndarray, "steps"]
    speech: Float64[np.ndarray, "steps"]  # 0 silence … 1 someone speaks
    pitch: Float64[np.ndarray, "steps"]

    @property
    def times(self) -> np.ndarray:
        """Seconds of every step."""
        return (np.arange(len(self.loudness)) + 0.5) / RATE

    @property
    def frame_times(self) -> np.ndarray:
        """The middle of every frame, where the face is posed."""
        return (np.arange(self.n_frames) + 0.5) / self.fps

    def at_frames(self, values: np.ndarray) -> np.ndarray:
        """Values of steps, read at the frames."""
        if values.ndim == 1:
            return np.interp(self.frame_times, self.times, values)
        return np.stack([self.at_frames(column) for column in values.T], 1)


def score_from_features(features: AudioFeatures) -> Score:
    """From phone posteriors; other linguistic features name no phones and are refused."""
    if features.linguistic.shape[1] != N_PHONES or "phone" not in features.provenance.get("linguistic", ""):
        given = features.provenance.get("linguistic", "unknown")
        raise InputError(
            f"the performer reads phones, but the linguistic features are '{given}': "
            "use extract_features(..., linguistic='builtin')"
        )
    steps = max(1, round(features.n_frames * RATE / features.fps))
    frame = np.minimum((np.arange(steps) * features.fps / RATE).astype(int), features.n_frames - 1)
    amplitude = features.amplitude.astype(float)
    pitch = np.zeros(features.n_frames)
    if features.emotion.shape[1] == len(MOOD):
        pitch = 6.0 * features.emotion[:, MOOD.index("pitch")].astype(float)
    loud, speech = _loudness(amplitude, features.fps)
    phones = features.linguistic.astype(float)[frame]
    return Score(
        features.fps,
        features.n_frames,
        _silenced(phones, speech[frame]),
        loud[frame],
        speech[frame],
        pitch[frame],
    )


def score_from_intervals(
    intervals: Sequence[Interval],
    seconds: float,
    amplitude: Float64[np.ndarray, "frames"] | None = None,
    fps: float = FPS,
    stressed: Sequence[float] = (),
) -> Score:
    """From phones whose times are known; `amplitude` is the mean envelope of each frame.

    `stressed` are the seconds of stressed syllables, where they are known: there the voice is taken to rise.
    """
    frames = max(1, round(seconds * fps))
    steps = max(1, round(frames * RATE / fps))
    phones = np.zeros((steps, N_PHONES))
    times = (np.arange(steps) + 0.5) / RATE
    for name, start, end in _halved(intervals):
        spoken = (times >= start) & (times < max(end, start + 1.0 / RATE))
        phones[spoken] = 0.0
        phones[spoken, PHONE_INDEX[name]] = 1.0
    phones[phones.sum(1) == 0, SILENCE] = 1.0
    speech = gaussian_filter1d(1.0 - phones[:, SILENCE], 0.03 * RATE)
    loudness = USUAL * speech
    if amplitude is not None:
        frame = np.minimum((times * fps).astype(int), len(amplitude) - 1)
        loudness = _loudness(np.asarray(amplitude, float), fps)[0][frame]
    pitch = np.zeros(steps)
    for time in stressed:
        pitch += STRESS * np.exp(-0.5 * ((times - time) / SYLLABLE) ** 2)
    return Score(fps, frames, _silenced(phones, speech), loudness, speech, pitch)


def _halved(intervals: Sequence[Interval]) -> list[Interval]:
    halved: list[Interval] = []
    for name, start, end in intervals:
        if name not in PHONE_INDEX:
            raise UnknownNameError("phone", name, PHONE_INDEX)
        if not 0 <= start <= end:
            raise InputError(f"{name} lasts from {start} to {end} s: expected 0 ≤ start ≤ end")
        if name in DIPHTHONGS:
            turn = start + TURN * (end - start)
            first, second = DIPHTHONGS[name]
            halved += [(first, start, turn), (second, turn, end)]
        else:
            halved.append((name, start, end))
    return halved


def _loudness(amplitude: np.ndarray, fps: float) -> tuple[np.ndarray, np.ndarray]:
    """Loudness (1 = the loud parts, by the square root of dB-like growth) and whether someone speaks."""
    loud = max(QUIETEST, float(np.percentile(amplitude, 95)))
    relative = amplitude / loud
    decibels = 20.0 * np.log10(np.maximum(relative, 1e-6))
    heard = np.clip((decibels - SILENT) / (HEARD - SILENT), 0.0, 1.0) * (amplitude > QUIETEST)
    reach = int(np.ceil(HOLD * fps))
    padded = np.pad(heard, reach)
    heard = np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1).max(1)
    return np.clip(relative, 0.0, 1.3) ** 0.5, gaussian_filter1d(heard, 0.04 * fps)


def _silenced(phones: np.ndarray, speech: np.ndarray) -> np.ndarray:
    """What is not speech is silence."""
    silenced = phones * speech[:, None]
    silenced[:, SILENCE] += 1.0 - speech
    return silenced
