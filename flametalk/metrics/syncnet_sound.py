"""The MFCCs that SyncNet was trained on: those of the package python_speech_features with its defaults."""

from functools import lru_cache

import numpy as np
from jaxtyping import Float, Int16
from scipy.fft import dct

RATE = 16_000
WINDOW, HOP, TRANSFORM = 400, 160, 512  # samples; no window function
FILTERS, CEPSTRA = 26, 13
EMPHASIS, LIFTER = 0.97, 22
SMALLEST = np.finfo(float).eps


def mfcc(samples: Int16[np.ndarray, "n"]) -> Float[np.ndarray, "frames 13"]:
    """Of 16 kHz sound as 16-bit numbers, not scaled; the first of the 13 is the log energy."""
    sound = samples.astype(np.float64)
    sound = np.append(sound[:1], sound[1:] - EMPHASIS * sound[:-1])
    count = 1 if len(sound) <= WINDOW else 1 + int(np.ceil((len(sound) - WINDOW) / HOP))
    padded = np.pad(sound, (0, max(0, (count - 1) * HOP + WINDOW - len(sound))))
    spans = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::HOP][:count]
    power = np.abs(np.fft.rfft(spans, TRANSFORM, axis=1)) ** 2 / TRANSFORM
    energy = power.sum(1)
    bands = power @ _filters().T
    cepstra = dct(np.log(np.where(bands == 0, SMALLEST, bands)), type=2, axis=1, norm="ortho")[:, :CEPSTRA]
    cepstra *= 1 + LIFTER / 2 * np.sin(np.pi * np.arange(CEPSTRA) / LIFTER)
    cepstra[:, 0] = np.log(np.where(energy == 0, SMALLEST, energy))
    return cepstra


@lru_cache(maxsize=1)
def _filters() -> np.ndarray:
    """Triangles between whole bins, evenly spaced in mel from 0 to 8 kHz."""
    top = 2595.0 * np.log10(1 + RATE / 2 / 700.0)
    hertz = 700.0 * (10 ** (np.linspace(0.0, top, FILTERS + 2) / 2595.0) - 1)
    edges = np.floor((TRANSFORM + 1) * hertz / RATE)
    bins = np.arange(TRANSFORM // 2 + 1)
    filters = np.zeros((FILTERS, len(bins)))
    for j, (low, middle, high) in enumerate(zip(edges, edges[1:], edges[2:], strict=False)):
        rising, falling = (bins >= low) & (bins < middle), (bins >= middle) & (bins < high)
        filters[j, rising] = (bins[rising] - low) / (middle - low)
        filters[j, falling] = (high - bins[falling]) / (high - middle)
    return filters
