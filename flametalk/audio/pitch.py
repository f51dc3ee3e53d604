"""Pitch: normalised cross-correlation, and the smoothest path through its peaks (after RAPT, Talkin 1995)."""

import numpy as np
from jaxtyping import Float32, Float64
from scipy.signal import firwin, oaconvolve

from .cepstra import HOP

LOWEST, HIGHEST = 60.0, 500.0  # Hz
HALF_RATE = 8_000  # pitch is looked for at half the sample rate …
FINER = 2  # … with the correlation interpolated between its samples, then by a parabola
WINDOW = 256  # samples at half rate: 32 ms
SIZE = 512
LAGS = np.arange(FINER * HALF_RATE // int(HIGHEST), FINER * HALF_RATE // int(LOWEST) + 1)
REACH = WINDOW + LAGS[-1] // FINER + 2
N_CANDIDATES = 6
LAG_COST = 0.03  # of likeness an octave: of two equal peaks the shorter period wins
JUMP_COST = 0.35  # of likeness an octave from hop to hop
VOICING_COST = 0.15  # of changing between voiced and unvoiced
UNVOICED = 0.55  # likeness that a peak has to beat
BLOCK = 1000  # hops correlated at a time


def track_pitch(
    samples: Float32[np.ndarray, "n"], hops: int
) -> tuple[Float32[np.ndarray, "hops"], Float32[np.ndarray, "hops"]]:
    """Pitch in Hz (0 where unvoiced) and periodicity (0 noise … 1) of each hop of 16 kHz sound."""
    half = oaconvolve(samples, firwin(63, 0.45).astype(np.float32), mode="same")[::2]
    centre = np.arange(hops) * (HOP // 2) + HOP // 4
    half = np.pad(half, (REACH, max(0, int(centre[-1]) + 2 * REACH - len(half))))
    frames = np.lib.stride_tricks.sliding_window_view(half, REACH)[centre + REACH - REACH // 2]
    parts = [_candidates(frames[first : first + BLOCK].astype(np.float64)) for first in range(0, hops, BLOCK)]
    pitches, likeness = (np.concatenate(part) for part in zip(*parts, strict=True))
    path = _smoothest(pitches, likeness)
    rows = np.arange(hops)
    voiced = path < N_CANDIDATES
    chosen = np.minimum(path, N_CANDIDATES - 1)
    pitch = np.where(voiced, pitches[rows, chosen], 0.0)
    periodicity = np.where(voiced, likeness[rows, chosen], likeness.max(1))
    return pitch.astype(np.float32), periodicity.clip(0.0, 1.0).astype(np.float32)


def _candidates(
    frames: Float64[np.ndarray, "hops reach"],
) -> tuple[Float64[np.ndarray, "hops 6"], Float64[np.ndarray, "hops 6"]]:
    """The highest peaks of the correlation of each frame with itself: pitch and likeness."""
    frames = frames - frames.mean(1, keepdims=True)
    spectrum = np.fft.rfft(frames[:, :WINDOW], SIZE)
    products = np.fft.irfft(np.conj(spectrum) * np.fft.rfft(frames, SIZE), SIZE * FINER)[:, LAGS] * FINER
    power = np.cumsum(np.pad(frames**2, ((0, 0), (1, 0))), axis=1)
    whole = LAGS // FINER
    shifted = power[:, whole + WINDOW] - power[:, whole]
    likeness = products / np.sqrt(shifted * power[:, WINDOW : WINDOW + 1] + 1e-6)
    inner = likeness[:, 1:-1]
    peak = (inner >= likeness[:, :-2]) & (inner > likeness[:, 2:])
    score = np.where(peak, inner - LAG_COST * np.log2(LAGS[1:-1] / LAGS[0]), -1.0)
    best = np.argpartition(-score, N_CANDIDATES, axis=1)[:, :N_CANDIDATES]
    left, top, right = (np.take_along_axis(likeness, best + step, axis=1) for step in (0, 1, 2))
    bend = np.minimum(left - 2.0 * top + right, -1e-9)
    offset = (0.5 * (left - right) / bend).clip(-0.5, 0.5)
    value = np.where(np.take_along_axis(peak, best, axis=1), top, 0.0)
    return HALF_RATE * FINER / (LAGS[1:-1][best] + offset), value.clip(0.0, 1.0)


def _smoothest(pitches: Float64[np.ndarray, "hops 6"], likeness: Float64[np.ndarray, "hops 6"]) -> np.ndarray:
    """Index of the best candidate of each hop, 6 for unvoiced: dynamic programming."""
    hops = len(pitches)
    octave = np.log2(pitches)
    reward = np.full((hops, N_CANDIDATES + 1), UNVOICED)
    reward[:, :-1] = likeness - LAG_COST * np.log2(HIGHEST / pitches)
    cost = np.full((N_CANDIDATES + 1, N_CANDIDATES + 1), VOICING_COST)
    cost[-1, -1] = 0.0
    total = reward[0]
    came_from = np.zeros((hops, N_CANDIDATES + 1), np.int8)
    for t in range(1, hops):
        cost[:-1, :-1] = JUMP_COST * np.abs(octave[t - 1][:, None] - octave[t])
        arriving = total[:, None] - cost
        came_from[t] = arriving.argmax(0)
        total = arriving.max(0) + reward[t]
    path = np.empty(hops, int)
    path[-1] = total.argmax()
    for t in range(hops - 1, 0, -1):
        path[t - 1] = came_from[t, path[t]]
    return path
