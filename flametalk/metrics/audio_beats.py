"""Beats of a sound by dynamic programming (D. Ellis, Beat tracking by dynamic programming, 2007).

The onset strength is that of `librosa.beat.beat_track`, whose settings the field uses without changing them:
mel bands in dB, positive differences, their median; a tempo near 120 a minute; then the best chain of beats.
"""

from functools import lru_cache

import numpy as np
from jaxtyping import Float, Int64
from scipy.signal import get_window

from ..audio.resample import resample
from ..audio.signal import Audio

RATE, WINDOW, HOP, BANDS = 22_050, 2048, 512, 128
FRAME_RATE = RATE / HOP  # onset frames a second
DYNAMICS = 80.0  # dB below the loudest that still count
USUAL_TEMPO, FASTEST_TEMPO = 120.0, 320.0  # beats a minute; spread of the first: one octave
MEMORY = 8.0  # seconds over which the tempo is listened for
TIGHTNESS = 100.0  # how strongly a chain holds its tempo


def audio_beats(audio: Audio) -> Float[np.ndarray, "beats"]:
    """Seconds of every beat; none in silence."""
    strength = onset_strength(audio)
    if not strength.any():
        return np.zeros(0)
    return beat_frames(strength, tempo_of(strength)) / FRAME_RATE


def onset_strength(audio: Audio) -> Float[np.ndarray, "frames"]:
    """How suddenly it gets louder, 43 times a second."""
    samples = resample(audio, RATE).samples.astype(np.float64)
    padded = np.pad(samples, WINDOW // 2)
    count = 1 + (len(padded) - WINDOW) // HOP
    spans = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::HOP][:count]
    power = np.abs(np.fft.rfft(spans * get_window("hann", WINDOW), axis=1)) ** 2
    level = 10.0 * np.log10(np.maximum(power @ _mel_filters().T, 1e-10))
    level = np.maximum(level, level.max() - DYNAMICS)
    rises = np.median(np.maximum(0.0, np.diff(level, axis=0)), axis=1)
    return np.concatenate([np.zeros(1 + WINDOW // (2 * HOP)), rises])[:count]


def tempo_of(strength: Float[np.ndarray, "frames"]) -> float:
    """Beats a minute: the strongest period, those near 120 preferred."""
    length = int(MEMORY * RATE / HOP)
    padded = np.pad(strength, length // 2, mode="linear_ramp")
    spans = np.lib.stride_tricks.sliding_window_view(padded, length)[: len(strength)]
    spectrum = np.fft.rfft(spans * get_window("hann", length), n=2 * length, axis=1)
    lags = np.fft.irfft(np.abs(spectrum) ** 2, axis=1)[:, :length]
    peaks = np.abs(lags).max(1, keepdims=True)
    periodic = (lags / np.where(peaks > 0, peaks, 1.0)).mean(0)
    tempi = 60.0 * FRAME_RATE / np.arange(1, length)
    prior = -0.5 * np.log2(tempi / USUAL_TEMPO) ** 2
    score = np.log1p(1e6 * np.maximum(periodic[1:], 0.0)) + prior
    return float(tempi[np.argmax(np.where(tempi < FASTEST_TEMPO, score, -np.inf))])


def beat_frames(strength: Float[np.ndarray, "frames"], tempo: float) -> Int64[np.ndarray, "beats"]:
    """The chain of onsets that is strong and keeps the tempo."""
    spread = strength.std(ddof=1) if len(strength) > 1 else 0.0
    if spread == 0:
        return np.zeros(0, np.int64)
    period = round(60.0 * FRAME_RATE / tempo)
    shape = np.exp(-0.5 * (np.arange(-period, period + 1) * 32.0 / period) ** 2)
    local = np.convolve(strength / spread, shape, "full")[period : period + len(strength)]
    back, total = _chain(local, period)
    beats = [_last_beat(total)]
    while back[beats[-1]] >= 0:
        beats.append(int(back[beats[-1]]))
    return _without_quiet_ends(np.array(beats[::-1], np.int64), local)


def _chain(local: np.ndarray, period: int) -> tuple[np.ndarray, np.ndarray]:
    """Best predecessor of every frame, and the score of the chain that ends there."""
    steps = np.arange(-round(period / 2), -2 * period - 1, -1)
    cost = -TIGHTNESS * np.log(-steps / period) ** 2
    back, total = np.full(len(local), -1, np.int64), local.copy()
    quiet, begun = 0.01 * local.max(), False
    for i in range(len(local)):
        before = i + steps
        before = before[before >= 0]
        begun = begun or local[i] >= quiet
        if len(before):
            scores = cost[: len(before)] + total[before]
            best = int(np.argmax(scores))
            total[i] += scores[best]
            back[i] = before[best] if begun else -1
    return back, total


def _last_beat(total: np.ndarray) -> int:
    """The last peak that is not much lower than the others."""
    padded = np.pad(total, 1, mode="edge")
    peaks = np.flatnonzero((total > padded[:-2]) & (total >= padded[2:]))
    good = peaks[total[peaks] >= 0.5 * np.median(total[peaks])] if len(peaks) else peaks
    return int(good[-1]) if len(good) else len(total) - 1


def _without_quiet_ends(beats: np.ndarray, local: np.ndarray) -> np.ndarray:
    """Without the beats before the first and after the last moment that is loud enough."""
    smooth = np.convolve(local[beats], np.hanning(5))[2 : len(local) + 2]
    loud = np.flatnonzero(local > 0.5 * np.sqrt((smooth**2).mean()))
    return beats[(beats >= loud[0]) & (beats <= loud[-1])] if len(loud) else beats[:0]


@lru_cache(maxsize=1)
def _mel_filters() -> np.ndarray:
    """Triangles on Slaney's mel scale (linear to 1 kHz, logarithmic above), each of the same area."""
    step, knee = 200.0 / 3, 15.0
    ratio = np.log(6.4) / 27.0
    top = knee + np.log(RATE / 2 / 1000.0) / ratio
    mels = np.linspace(0.0, top, BANDS + 2)
    hertz = np.where(mels < knee, mels * step, 1000.0 * np.exp(ratio * (mels - knee)))
    bins = np.fft.rfftfreq(WINDOW, 1 / RATE)
    rise = (bins - hertz[:-2, None]) / np.diff(hertz)[:-1, None]
    fall = (hertz[2:, None] - bins) / np.diff(hertz)[1:, None]
    return np.maximum(0.0, np.minimum(rise, fall)) * (2.0 / (hertz[2:] - hertz[:-2]))[:, None]
