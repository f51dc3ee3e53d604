"""Mel cepstra as the acoustic model of PocketSphinx was trained on: 100 hops a second, hop j around 10 j + 5 ms."""

from functools import lru_cache

import numpy as np
from jaxtyping import Float32, Float64
from scipy.fft import dct

HOP = 160  # samples at 16 kHz: 10 ms
WINDOW = 410
N_FFT = 512
N_CEPSTRA = 13
LEAD = WINDOW // 2 - HOP // 2  # samples before hop 0, so that windows are centred on their hop
PRE_EMPHASIS = 0.97
LOWEST, HIGHEST, FILTERS, LIFTER = 130.0, 6800.0, 25, 22
INT16 = 32768.0


def n_hops(n_samples: int) -> int:
    """Hops that cover `n_samples`, at least one."""
    return max(1, -(-n_samples // HOP))


def cepstra(
    samples: Float32[np.ndarray, "n"], before: Float32[np.ndarray, "_"] | None = None, floor: float = 0.0
) -> tuple[Float64[np.ndarray, "hops 13"], Float64[np.ndarray, "hops"]]:
    """Cepstra and log frame energy (dB of full scale) of each hop of 16 kHz sound.

    `before` is what was heard right before (for streams); beyond both ends there is silence. `floor` is added to
    every mel filter's power, relative to full scale.
    """
    hops = n_hops(len(samples))
    past = np.zeros(LEAD + 1, np.float32)
    if before is not None and len(before):
        past[-min(len(before), LEAD + 1) :] = before[-(LEAD + 1) :]
    heard = np.concatenate([past, samples])
    heard = np.pad(heard, (0, max(0, (hops - 1) * HOP + WINDOW + 1 - len(heard)))).astype(np.float64)
    emphasised = heard[1:] - PRE_EMPHASIS * heard[:-1]
    frames = np.lib.stride_tricks.sliding_window_view(emphasised, WINDOW)[::HOP][:hops]
    plain = np.lib.stride_tricks.sliding_window_view(heard[1:], WINDOW)[::HOP][:hops]
    level = 10.0 * np.log10(np.mean(plain**2, axis=1) + 1e-12)
    power = np.abs(np.fft.rfft(frames * (np.hamming(WINDOW) * INT16), N_FFT)) ** 2
    mel = np.log(power @ _mel_filters() + max(1e-4, floor))
    lifter = 1.0 + LIFTER / 2.0 * np.sin(np.pi * np.arange(N_CEPSTRA) / LIFTER)
    return dct(mel, type=2, norm="ortho", axis=1)[:, :N_CEPSTRA] * lifter, level


def dynamics(static: Float64[np.ndarray, "hops 13"]) -> Float64[np.ndarray, "3 hops 13"]:
    """The three streams: the cepstra, their slope over ±2 hops, and its slope over ±1 hop."""
    padded = np.pad(static, ((3, 3), (0, 0)), mode="edge")
    hops = len(static)

    def at(shift: int) -> np.ndarray:
        return padded[3 + shift : 3 + shift + hops]

    return np.stack([static, at(2) - at(-2), (at(3) - at(-1)) - (at(1) - at(-3))])


@lru_cache(maxsize=1)
def _mel_filters() -> np.ndarray:
    """Triangles of equal area over the power spectrum, edges rounded to bins, (257, 25)."""
    rate, spacing = 16_000.0, 16_000.0 / N_FFT
    low, high = (2595.0 * np.log10(1.0 + f / 700.0) for f in (LOWEST, HIGHEST))
    edges = 700.0 * (10.0 ** (np.linspace(low, high, FILTERS + 2) / 2595.0) - 1.0)
    edges = np.floor(edges / spacing + 0.5) * spacing
    bins = np.arange(N_FFT // 2 + 1) * rate / N_FFT
    left, centre, right = edges[:-2], edges[1:-1], edges[2:]
    rising = (bins[:, None] - left) / (centre - left)
    falling = (right - bins[:, None]) / (right - centre)
    return np.maximum(0.0, np.minimum(rising, falling)) * 2.0 / (right - left)
