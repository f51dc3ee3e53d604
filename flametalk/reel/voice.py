"""A small formant voice for the reel: a pulse train and noise through moving resonators.

It is an instrument, not text to speech: every sound is four formants, a voicing and a noise level.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import convolve1d
from scipy.signal import lfilter

from ..audio.signal import Audio

RATE = 24_000
BLOCK = 24  # samples between two settings of the filters: 1 ms
GLIDE = 60  # blocks over which one sound turns into the next
BANDWIDTHS = (70.0, 95.0, 140.0, 220.0)  # Hz, of the four formants


@dataclass(frozen=True)
class Sound:
    """What the mouth does to the air."""

    formants: tuple[float, float, float, float]  # Hz
    voiced: float = 1.0  # level of the pulse train
    noise: float = 0.0  # level of the noise


SOUNDS = {
    "silence": Sound((500, 1500, 2500, 3500), voiced=0.0),
    "AH": Sound((760, 1220, 2550, 3500)),
    "EE": Sound((290, 2250, 3000, 3600)),
    "OH": Sound((470, 840, 2450, 3400)),
    "W": Sound((310, 720, 2250, 3300)),  # as in "oo"
    "MBP": Sound((250, 1050, 2100, 3200), voiced=0.28),
    "FV": Sound((900, 1700, 3800, 7000), voiced=0.12, noise=0.05),
    "TH": Sound((400, 1500, 2800, 6500), voiced=0.15, noise=0.04),
    "L": Sound((360, 1150, 2700, 3400), voiced=0.6),
    "R": Sound((340, 1150, 1600, 3300), voiced=0.6),
    "SHCH": Sound((900, 2100, 2900, 4200), voiced=0.0, noise=0.10),
    "SZ": Sound((900, 2500, 5200, 8000), voiced=0.0, noise=0.05),
    "TDN": Sound((280, 1650, 2600, 3400), voiced=0.3),
}


def sing(
    sounds: list[str],
    starts: np.ndarray,
    seconds: float,
    pitch: np.ndarray,
    seed: int = 0,
    table: Mapping[str, Sound] = SOUNDS,
    glides: tuple[int, int] = (GLIDE, GLIDE),
) -> Audio:
    """`sounds[i]` from `starts[i]` on; `pitch` is Hz at evenly spaced times.

    `glides` are the blocks over which formants, and over which levels, turn into the next.
    """
    blocks = round(seconds * RATE / BLOCK)
    times = (np.arange(blocks) + 0.5) * BLOCK / RATE
    settings = np.array([(*table[s].formants, table[s].voiced, table[s].noise) for s in sounds])
    held = settings[np.clip(np.searchsorted(starts, times, side="right") - 1, 0, None)]
    formants, levels = len(BANDWIDTHS), settings.shape[1] - len(BANDWIDTHS)
    held = np.concatenate([_eased(held[:, :formants], glides[0]), _eased(held[:, -levels:], glides[1])], 1)

    hertz = np.interp(np.arange(blocks * BLOCK) / RATE, np.linspace(0, seconds, len(pitch)), pitch)
    phase = np.cumsum(hertz) / RATE % 1.0
    glottis = np.where(phase < 0.6, np.sin(np.pi * phase / 0.6) ** 2, 0.0)
    pulses = np.diff(glottis, prepend=0.0)
    hiss = np.random.default_rng(seed).normal(size=blocks * BLOCK)
    samples = _resonate(pulses.reshape(blocks, BLOCK), hiss.reshape(blocks, BLOCK), held)
    peak = np.abs(samples).max()
    return Audio((samples * (0.7 / peak if peak else 0.0)).astype(np.float32), RATE)


def _eased(held: np.ndarray, blocks: int) -> np.ndarray:
    """Steps become ramps."""
    glide = np.hanning(blocks + 2)[1:-1]
    padded = np.pad(held, ((blocks, blocks), (0, 0)), mode="edge")
    return convolve1d(padded, glide / glide.sum(), axis=0)[blocks : len(padded) - blocks]


def _resonate(pulses: np.ndarray, hiss: np.ndarray, settings: np.ndarray) -> np.ndarray:
    """Four resonators in series for the voice, the upper two for the noise."""
    states = np.zeros((len(BANDWIDTHS) + 2, 2))
    out = np.empty_like(pulses)
    for k, (*formants, voiced, noise) in enumerate(settings):
        wave = pulses[k] * voiced
        breath = hiss[k] * noise
        for i, (hertz, width) in enumerate(zip(formants, BANDWIDTHS, strict=True)):
            wave, states[i] = lfilter(*_resonator(hertz, width), wave, zi=states[i])
        for i in (2, 3):
            filter_state = i + len(BANDWIDTHS) - 2
            breath, states[filter_state] = lfilter(
                *_resonator(formants[i], 6 * BANDWIDTHS[i]), breath, zi=states[filter_state]
            )
        out[k] = wave + breath * 0.05
    return out.reshape(-1)


def _resonator(hertz: float, width: float) -> tuple[list[float], list[float]]:
    """Two poles at `hertz`, unit gain at zero frequency."""
    radius = np.exp(-np.pi * width / RATE)
    a1, a2 = -2 * radius * np.cos(2 * np.pi * hertz / RATE), radius * radius
    return [1 + a1 + a2], [1.0, a1, a2]
