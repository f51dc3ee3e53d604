"""The amplitude envelope: the magnitude of the analytic signal (Hilbert transform)."""

from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from jaxtyping import Float32
from scipy.signal import hilbert, oaconvolve

from ..conventions import SAMPLE_RATE, SAMPLES_PER_FRAME

BLOCK = 1 << 20  # samples (65 s) transformed at once; longer sound goes in blocks that overlap by
OVERLAP = 1 << 15  # samples (2 s) on either side
FIR_REACH = 511  # samples on either side in the streaming transform: it lags by 32 ms


def envelope(samples: Float32[np.ndarray, "n"]) -> Float32[np.ndarray, "n"]:
    """|x + i·Hilbert(x)| of every sample.

    Up to 65 s this is `scipy.signal.hilbert` of the whole sound (which takes the end to be followed by the
    beginning); longer sound goes in overlapping blocks and stays within 1e-3 of full scale of that, 32 ms
    from either end.
    """
    if len(samples) <= BLOCK:
        return np.abs(hilbert(samples)).astype(np.float32) if len(samples) else np.zeros(0, np.float32)
    result = np.empty(len(samples), np.float32)
    step = BLOCK - 2 * OVERLAP
    for first in range(0, len(samples), step):
        begin, end = max(0, first - OVERLAP), min(len(samples), first + step + OVERLAP)
        result[first : first + step] = np.abs(hilbert(samples[begin:end]))[first - begin :][:step]
    return result


def envelope_frames(
    curve: Float32[np.ndarray, "n"], fps: float, n_frames: int
) -> Float32[np.ndarray, "frames 640"]:
    """The envelope during each video frame as 640 numbers: its samples at 25 frames a second.

    At other rates it is interpolated; behind the end of the sound there is silence.
    """
    span = SAMPLE_RATE / fps
    needed = int(np.ceil(n_frames * span)) + 1
    padded = np.pad(curve, (0, max(0, needed - len(curve))))
    if span == SAMPLES_PER_FRAME:
        return padded[: n_frames * SAMPLES_PER_FRAME].reshape(n_frames, SAMPLES_PER_FRAME)
    times = (np.arange(n_frames * SAMPLES_PER_FRAME) + 0.5) * (span / SAMPLES_PER_FRAME) - 0.5
    frames = np.interp(times, np.arange(len(padded)), padded)
    return frames.reshape(n_frames, SAMPLES_PER_FRAME).astype(np.float32)


@dataclass
class EnvelopeStream:
    """The envelope of sound in pieces, by a finite Hilbert filter of ±511 samples.

    For speech it agrees with `envelope` to 1 % of the loudest sample, 32 ms from either end of the sound,
    and its frame averages to 0.2 % (2 % where there is rumble below 40 Hz). Each piece yields the samples
    whose future the filter knows.
    """

    held: Float32[np.ndarray, "_"] = field(default_factory=lambda: np.zeros(FIR_REACH, np.float32))

    def hear(self, samples: Float32[np.ndarray, "_"], last: bool = False) -> Float32[np.ndarray, "_"]:
        """Envelope of what became complete; `last` completes the rest with silence."""
        tail = np.zeros(FIR_REACH if last else 0, np.float32)
        self.held = np.concatenate([self.held, samples, tail])
        ready = len(self.held) - 2 * FIR_REACH
        if ready <= 0:
            return np.zeros(0, np.float32)
        imaginary = oaconvolve(self.held, _hilbert_filter(), mode="valid")
        real = self.held[FIR_REACH : FIR_REACH + ready]
        self.held = self.held[ready:]
        return np.hypot(real, imaginary).astype(np.float32)


@lru_cache(maxsize=1)
def _hilbert_filter() -> np.ndarray:
    """2 / (π n) at odd n, under a Kaiser window."""
    n = np.arange(-FIR_REACH, FIR_REACH + 1)
    taps = np.where(n % 2 == 1, 2.0 / (np.pi * np.where(n == 0, 1, n)), 0.0)
    return (taps * np.kaiser(len(n), 6.0)).astype(np.float32)
