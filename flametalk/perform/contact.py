"""Moments in which lips must meet (b, p, m) or the lower lip must meet the teeth (f, v)."""

import numpy as np
from jaxtyping import Float64
from scipy.ndimage import gaussian_filter1d

from .score import RATE, Score

SURE_SHUT, SURE_BITE = 0.25, 0.45  # probability from which lips meet, and lip meets teeth, in full:
# a closure that is missing is seen at once, a breath that is taken for an f too
BLUR = 0.015  # seconds, σ over which the probability is looked at
RELEASE = 0.2  # last part of the phone in which the lips are already leaving
CLOSE, OPEN = 0.075, 0.08  # seconds from free to contact and back
SHORTEST, SHARE = 0.045, 0.6  # seconds, and part of the time between two contacts: hurried lips open too
DOUBTFUL = 0.8  # what doubtful contacts count


def contact(score: Score, wanted: Float64[np.ndarray, "42"], sure: float) -> Float64[np.ndarray, "frames"]:
    """1 in at least one frame of every sure contact, eased in and out; less where phones are doubtful."""
    heard = gaussian_filter1d(score.phones @ wanted, BLUR * RATE)
    curve = DOUBTFUL * score.at_frames(np.where(heard < sure, heard, 0.0))
    spans = _spans(heard >= sure, score)
    for k, (first, last) in enumerate(spans):
        before = first - spans[k - 1][1] if k else np.inf
        after = spans[k + 1][0] - last if k + 1 < len(spans) else np.inf
        ease_in = _smoothstep(1.0 + (score.frame_times - first) / _easing(CLOSE, before))
        ease_out = _smoothstep(1.0 - (score.frame_times - last) / _easing(OPEN, after))
        curve = np.maximum(curve, np.minimum(ease_in, ease_out))
    return curve


def _easing(usual: float, between: float) -> float:
    """Seconds from free to contact or back, where the contacts are `between` seconds apart."""
    return float(np.clip(SHARE * between, SHORTEST, usual))


def _spans(sure: np.ndarray, score: Score) -> list[tuple[float, float]]:
    """Seconds of sure contacts, each made to hold the middle of at least one frame."""
    sure = np.concatenate([[False], sure, [False]])
    edges = np.flatnonzero(sure[1:] != sure[:-1]).reshape(-1, 2)
    spans = []
    for begin, end in edges / RATE:
        last = end - RELEASE * (end - begin)
        inside = (score.frame_times >= begin) & (score.frame_times <= last)
        if not inside.any():
            nearest = score.frame_times[np.abs(score.frame_times - (begin + last) / 2).argmin()]
            begin, last = min(begin, nearest), max(last, nearest)
        spans.append((float(begin), float(last)))
    return spans


def _smoothstep(x: np.ndarray) -> np.ndarray:
    x = np.clip(x, 0.0, 1.0)
    return x * x * (3.0 - 2.0 * x)
