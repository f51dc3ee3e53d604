"""Sounds that are no speech: noises and made-up music, for backgrounds and for performances without words."""

import numpy as np
from jaxtyping import Float32, Float64

from ..conventions import SAMPLE_RATE

NOISES = ("white", "pink", "brown", "hum", "hall", "clatter")
SCALES = ((0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10), (0, 2, 4, 7, 9))  # semitones


def noise(kind: str, n: int, chance: np.random.Generator) -> Float32[np.ndarray, "n"]:
    """`n` samples of one of NOISES, of unit power."""
    if kind == "hum":
        sound = _hum(n, chance)
    elif kind == "clatter":
        sound = _clatter(n, chance)
    elif kind == "hall":
        sound = coloured(n, chance.uniform(0.5, 1.5), chance) * _swell(n, chance)
    else:
        sound = coloured(n, {"white": 0.0, "pink": 1.0, "brown": 2.0}[kind], chance)
    return normalised(sound)


def normalised(sound: Float64[np.ndarray, "n"]) -> Float32[np.ndarray, "n"]:
    """With unit power; silence stays silent."""
    return (sound / max(float(np.sqrt(np.mean(sound**2))), 1e-9)).astype(np.float32)


def coloured(n: int, slope: float, chance: np.random.Generator) -> Float64[np.ndarray, "n"]:
    """Noise whose power falls with frequency to the power of `slope`, from 30 Hz on."""
    spectrum = np.fft.rfft(chance.standard_normal(n))
    hertz = np.maximum(np.fft.rfftfreq(n, 1.0 / SAMPLE_RATE), 30.0)
    return np.fft.irfft(spectrum * hertz ** (-slope / 2.0), n)


def _hum(n: int, chance: np.random.Generator) -> np.ndarray:
    """Mains or an engine: harmonics of a steady tone, and some hiss."""
    times = np.arange(n) / SAMPLE_RATE
    base = chance.choice([50.0, 60.0, chance.uniform(70.0, 140.0)])
    sound = 0.05 * chance.standard_normal(n)
    for harmonic in range(1, 9):
        level = chance.uniform(0.2, 1.0) / harmonic
        sound += level * np.sin(2 * np.pi * (base * harmonic * times + chance.random()))
    return sound


def _clatter(n: int, chance: np.random.Generator) -> np.ndarray:
    """Short knocks and clicks here and there, on soft noise."""
    sound = 0.02 * coloured(n, 1.0, chance)
    sound /= max(float(sound.std()), 1e-9) * 50.0
    for _ in range(max(1, round(n / SAMPLE_RATE * chance.uniform(1.0, 4.0)))):
        start, length = int(chance.integers(n)), int(chance.uniform(0.01, 0.12) * SAMPLE_RATE)
        time = np.arange(length) / SAMPLE_RATE
        knock = np.exp(-time / chance.uniform(0.004, 0.03)) * chance.standard_normal(length)
        knock += np.exp(-time / 0.02) * np.sin(2 * np.pi * chance.uniform(200.0, 3000.0) * time)
        part = sound[start : start + length]
        part += knock[: len(part)] * chance.uniform(0.2, 1.0)
    return sound


def _swell(n: int, chance: np.random.Generator) -> np.ndarray:
    """A slow change of loudness."""
    knots = chance.uniform(0.3, 1.0, max(2, n // (SAMPLE_RATE // 2)))
    return np.interp(np.linspace(0, len(knots) - 1, n), np.arange(len(knots)), knots)


def music(n: int, chance: np.random.Generator) -> Float32[np.ndarray, "n"]:
    """A band that never existed: chords, a melody, a bass and drums, of unit power."""
    beat = 60.0 / chance.uniform(70.0, 150.0)
    scale, key = SCALES[chance.integers(len(SCALES))], chance.uniform(50.0, 62.0)
    sound = np.zeros(n)
    bars = int(np.ceil(n / SAMPLE_RATE / (4 * beat)))
    with_drums, with_melody = chance.random() < 0.6, chance.random() < 0.8
    bright = chance.uniform(0.35, 0.8)
    for bar in range(bars):
        root, start = int(chance.integers(len(scale))), 4 * beat * bar
        for step in (0, 2, 4):
            pitch = key + 12 + scale[(root + step) % len(scale)]
            _play(sound, start, 4 * beat, pitch, 0.25, bright, 0.08)
        _play(sound, start, 2 * beat, key - 12 + scale[root], 0.5, 0.4, 0.02)
        _play(sound, start + 2 * beat, 2 * beat, key - 12 + scale[root], 0.4, 0.4, 0.02)
        for k in range(8 if with_melody else 0):
            if chance.random() < 0.6:
                pitch = key + 24 + scale[int(chance.integers(len(scale)))]
                _play(sound, start + k * beat / 2, beat * chance.uniform(0.4, 1.0), pitch, 0.3, bright, 0.01)
        for k in range(8 if with_drums else 0):
            _drum(sound, start + k * beat / 2, k, chance)
    return normalised(sound)


def _play(
    sound: np.ndarray, start: float, seconds: float, pitch: float, level: float, bright: float, rise: float
) -> None:
    """Add a note of falling harmonics; `pitch` as in MIDI."""
    first = round(start * SAMPLE_RATE)
    part = sound[first : first + round(seconds * SAMPLE_RATE)]
    time = np.arange(len(part)) / SAMPLE_RATE
    hertz = 440.0 * 2.0 ** ((pitch - 69.0) / 12.0)
    shape = (
        np.minimum(time / rise, 1.0)
        * np.exp(-time / (0.6 * seconds))
        * np.minimum(1.0, (seconds - time) / 0.02)
    )
    for harmonic in range(1, 9):
        if harmonic * hertz < 7_500.0:
            part += level * bright ** (harmonic - 1) * shape * np.sin(2 * np.pi * harmonic * hertz * time)


def _drum(sound: np.ndarray, start: float, eighth: int, chance: np.random.Generator) -> None:
    first = round(start * SAMPLE_RATE)
    part = sound[first : first + SAMPLE_RATE // 4]
    time = np.arange(len(part)) / SAMPLE_RATE
    if eighth % 4 == 0:
        part += (
            1.2 * np.exp(-time / 0.08) * np.sin(2 * np.pi * (50.0 * time + 2.0 * (1 - np.exp(-time / 0.03))))
        )
    elif eighth % 4 == 2:
        part += 0.7 * np.exp(-time / 0.06) * chance.standard_normal(len(part))
    else:
        part += 0.25 * np.exp(-time / 0.02) * np.diff(chance.standard_normal(len(part) + 1))
