"""Mel cepstra as the acoustic model of PocketSphinx was trained on: 100 hops a second.

Hop j stands for samples 160 j … 160 (j + 1): its window of 410 samples is centred there.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from jaxtyping import Float64
from scipy.fft import dct

from ..jit import compiled_fast

HOP = 160  # samples at 16 kHz
HOP_RATE = 100.0  # hops a second
WINDOW = 410
REACH = WINDOW // 2 - HOP // 2  # samples that a window reaches beyond its hop on either side
N_FFT = 512
N_CEPSTRA = 13
FILTERS, LOWEST, HIGHEST = 25, 130.0, 6800.0  # mel filters, Hz
PRE_EMPHASIS = 0.97
LIFTER = 22
FULL_SCALE = 32768.0  # the model hears 16-bit numbers
HISS = (
    54.0  # dB below the loud parts: white noise that is added, because the model never heard digital silence
)


@dataclass
class NoiseState:
    """What noise removal remembers from hop to hop, each (25,)."""

    power: Float64[np.ndarray, "25"]
    noise: Float64[np.ndarray, "25"]
    floor: Float64[np.ndarray, "25"]
    peak: Float64[np.ndarray, "25"]

    @classmethod
    def first(cls, mel: Float64[np.ndarray, "hops 25"]) -> "NoiseState":
        """The state before the first hop: the noise is taken to lie 13 dB under it."""
        return cls(mel[0].copy(), mel[0] / MAX_GAIN, mel[0] / MAX_GAIN, np.zeros(FILTERS))


def mel_power(heard: Float64[np.ndarray, "n"]) -> Float64[np.ndarray, "hops 25"]:
    """Power of each mel filter in each hop of samples in −1…1.

    `heard` holds one sample for the pre-emphasis, `REACH` samples of the past, the hops, and `REACH` of the
    future.
    """
    emphasised = (heard[1:] - PRE_EMPHASIS * heard[:-1]) * FULL_SCALE
    frames = np.lib.stride_tricks.sliding_window_view(emphasised, WINDOW)[::HOP]
    spectrum = np.abs(np.fft.rfft(frames * np.hamming(WINDOW), N_FFT)) ** 2
    return spectrum @ _mel_filters()


def hiss(loud: float) -> Float64[np.ndarray, "25"]:
    """The mel power of white noise `HISS` dB below `loud`, itself in dB of full scale."""
    omega = 2.0 * np.pi * np.arange(N_FFT // 2 + 1) / N_FFT
    emphasis = np.abs(1.0 - PRE_EMPHASIS * np.exp(-1j * omega)) ** 2
    spectrum = emphasis * np.sum(np.hamming(WINDOW) ** 2) * FULL_SCALE**2
    return spectrum @ _mel_filters() * 10.0 ** ((loud - HISS) / 10.0)


def cepstra(mel: Float64[np.ndarray, "hops 25"]) -> Float64[np.ndarray, "hops 13"]:
    """Liftered cepstra of mel powers."""
    lifter = 1.0 + LIFTER / 2.0 * np.sin(np.pi * np.arange(N_CEPSTRA) / LIFTER)
    return dct(np.log(mel), type=2, norm="ortho", axis=1)[:, :N_CEPSTRA] * lifter


def dynamics(static: Float64[np.ndarray, "hops 13"]) -> Float64[np.ndarray, "3 inner 13"]:
    """The cepstra, their slope over ±2 hops, and its slope over ±1; three hops at either end are used up."""
    slope = static[4:] - static[:-4]
    return np.stack([static[3:-3], slope[1:-1], slope[2:] - slope[:-2]])


# --- noise removal -------------------------------------------------------------------------------
# Minimum tracking (Doblinger 1995) with the temporal masking of power-normalised cepstra (Kim and Stern
# 2012), in the form and with the constants that the acoustic model was trained behind.
SMOOTHING = 0.7  # of the power, from hop to hop
RISE, FALL = 0.995, 0.5  # how much of a lower envelope stays when the power is above and below it
MASK_DECAY, MASK_LEVEL = 0.85, 0.2
MAX_GAIN = 20.0
NEIGHBOURS = 4  # filters on either side over which gains are averaged


def remove_noise(mel: Float64[np.ndarray, "hops 25"], state: NoiseState) -> Float64[np.ndarray, "hops 25"]:
    """Mel powers with steady noise turned down; `state` is moved on, so that a stream may go in parts."""
    return _remove_noise(np.ascontiguousarray(mel), state.power, state.noise, state.floor, state.peak)


@compiled_fast
def _remove_noise(mel, power, noise, floor, peak):
    hops, filters = mel.shape
    cleaned = np.empty_like(mel)
    gain = np.empty(filters)
    for t in range(hops):
        for i in range(filters):
            power[i] = SMOOTHING * power[i] + (1.0 - SMOOTHING) * mel[t, i]
            kept = RISE if power[i] >= noise[i] else FALL
            noise[i] = kept * noise[i] + (1.0 - kept) * power[i]
            signal = max(1.0, power[i] - noise[i])
            kept = RISE if signal >= floor[i] else FALL
            floor[i] = kept * floor[i] + (1.0 - kept) * signal
            peak[i] *= MASK_DECAY
            masked = peak[i] * MASK_LEVEL if signal < MASK_DECAY * peak[i] else signal
            peak[i] = max(peak[i], signal)
            gain[i] = min(MAX_GAIN, max(1.0 / MAX_GAIN, max(masked, floor[i]) / power[i]))
        for i in range(filters):
            first, last = max(0, i - NEIGHBOURS), min(filters, i + NEIGHBOURS + 1)
            cleaned[t, i] = mel[t, i] * gain[first:last].mean()
    return cleaned


@lru_cache(maxsize=1)
def _mel_filters() -> np.ndarray:
    """Triangles of equal area over the power spectrum, edges rounded to its bins, (257, 25)."""
    spacing = 16_000.0 / N_FFT
    low, high = (2595.0 * np.log10(1.0 + f / 700.0) for f in (LOWEST, HIGHEST))
    edges = 700.0 * (10.0 ** (np.linspace(low, high, FILTERS + 2) / 2595.0) - 1.0)
    edges = np.floor(edges / spacing + 0.5) * spacing
    left, centre, right = edges[:-2], edges[1:-1], edges[2:]
    bins = np.arange(N_FFT // 2 + 1)[:, None] * spacing
    rising, falling = (bins - left) / (centre - left), (right - bins) / (right - centre)
    return np.maximum(0.0, np.minimum(rising, falling)) * 2.0 / (right - left)
