"""Lip closures that a prediction keeps: those of the truth take the place of phones."""

import numpy as np
from jaxtyping import Float

from ..clip import Clip
from ..head import Head
from .mouth import CLOSED, lip_gaps
from .score import Score
from .vertices import check_pair, head_of

OPEN = 4e-3  # metres: a closure lies between moments at which the lips were that far apart
NEAR = 0.04  # seconds by which a closure may be early or late


def closure_spans(
    gaps: Float[np.ndarray, "t"], fps: float, closed: float = CLOSED, opened: float = OPEN
) -> list[tuple[float, float]]:
    """(start, end) in seconds of every time the lips close between two openings."""
    shut, wide = gaps < closed, gaps > opened
    spans, last_wide, start, end = [], -1, -1, -1
    for k in range(len(gaps)):
        if wide[k]:
            if start >= 0 and last_wide >= 0:
                spans.append((start / fps, end / fps))
            last_wide, start = k, -1
        elif shut[k] and last_wide >= 0:
            start = k if start < 0 else start
            end = k + 1
    return spans


def closure_recall(
    prediction: Clip, truth: Clip, head: Head | None = None, closed: float = CLOSED, near: float = NEAR
) -> Score:
    """Part of the truth's lip closures in which the prediction's lips close too, within `near` seconds.

    NaN where the truth never closes its lips between two openings.
    """
    check_pair(prediction, truth)
    head = head_of(prediction, truth, head)
    spans = closure_spans(lip_gaps(truth, head), truth.fps, closed)
    return recall_of(lip_gaps(prediction, head), spans, truth.fps, closed, near)


def recall_of(
    gaps: Float[np.ndarray, "t"],
    spans: list[tuple[float, float]],
    fps: float,
    closed: float = CLOSED,
    near: float = NEAR,
) -> Score:
    """From gaps that were measured already."""
    starts = np.arange(len(gaps)) / fps
    shut = gaps < closed
    met = [
        bool(shut[(starts < b + near - 1e-9) & (starts + 1 / fps > a - near + 1e-9)].any()) for a, b in spans
    ]
    how = f"{len(spans)} closures of the truth, lips within {closed * 1000:g} mm"
    return Score(float(np.mean(met)) if met else float("nan"), "lip closures kept", "", how)
