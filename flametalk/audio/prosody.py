"""Prosody: pitch, level, voice quality and syllables, 100 times a second."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Float64
from scipy.ndimage import gaussian_filter1d
from scipy.signal import find_peaks

from .cepstra import HOP, HOP_RATE
from .phones import PHONES, VOWELS
from .pitch import track_pitch

WINDOW = 512  # samples at 16 kHz
BLOCK = 1000  # hops measured at a time
TILT_SPLIT, TILT_TOP = 1000, 5000  # Hz
VOICED_RANGE = 35.0  # dB below the loud parts at which nothing counts as voiced
SYLLABLE_SMOOTHING = 0.025  # seconds
IS_VOWEL = np.array([name in VOWELS for name in PHONES], np.float32)


@dataclass(frozen=True, eq=False)
class Prosody:
    """Measures of every hop of 10 ms."""

    pitch: Float32[np.ndarray, "hops"]  # Hz, 0 where unvoiced
    periodicity: Float32[np.ndarray, "hops"]  # 0 noise … 1 perfectly periodic
    level: Float32[np.ndarray, "hops"]  # dB of full scale
    tilt: Float32[np.ndarray, "hops"]  # dB, energy in 1–5 kHz over energy below: vocal effort
    syllables: Float32[np.ndarray, "hops"]  # 1 in the middle of a vowel


def measure_prosody(samples: Float32[np.ndarray, "n"], posteriors: Float32[np.ndarray, "hops 42"]) -> Prosody:
    """Prosody of 16 kHz sound whose phones are known."""
    hops = len(posteriors)
    pitch, periodicity = track_pitch(samples, hops)
    level, tilt = _level_and_tilt(samples, hops)
    voiced = level > np.percentile(level, 95) - VOICED_RANGE
    return Prosody(np.where(voiced, pitch, np.float32(0)), periodicity, level, tilt, _syllables(posteriors))


def _level_and_tilt(
    samples: Float32[np.ndarray, "n"], hops: int
) -> tuple[Float32[np.ndarray, "hops"], Float32[np.ndarray, "hops"]]:
    side = (WINDOW - HOP) // 2
    padded = np.pad(samples, (side, max(0, hops * HOP + WINDOW - len(samples))))
    windows = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::HOP][:hops]
    split, top = (f * WINDOW // 16_000 for f in (TILT_SPLIT, TILT_TOP))
    level, tilt = np.empty(hops, np.float32), np.empty(hops, np.float32)
    for first in range(0, hops, BLOCK):
        part = windows[first : first + BLOCK].astype(np.float64)
        power: Float64[np.ndarray, "_ 257"] = np.abs(np.fft.rfft(part * np.hanning(WINDOW))) ** 2
        high, low = power[:, split:top].sum(1), power[:, 1:split].sum(1)
        tilt[first : first + BLOCK] = 10.0 * np.log10((high + 1e-9) / (low + 1e-9))
        level[first : first + BLOCK] = 10.0 * np.log10((part**2).mean(1) + 1e-12)
    return level, tilt


def _syllables(posteriors: Float32[np.ndarray, "hops 42"]) -> Float32[np.ndarray, "hops"]:
    """1 at the middle of each vowel, a peak of the probability that one is being spoken."""
    vowel = gaussian_filter1d(posteriors @ IS_VOWEL, SYLLABLE_SMOOTHING * HOP_RATE)
    middles = np.zeros(len(vowel), np.float32)
    middles[find_peaks(vowel, height=0.3, prominence=0.1)[0]] = 1.0
    return middles
