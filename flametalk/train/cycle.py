"""The one-cycle learning rate as a function of the step: up along half a cosine, down along another."""

import math

START, END = 25.0, 1e4  # the peak is that much above the first rate, and the first above the last


def one_cycle(step: int, steps: int, peak: float, warm: float) -> float:
    """Rate of step 0 … steps − 1."""
    first, last = peak / START, peak / START / END
    rise = warm * steps
    if step < rise:
        return _between(first, peak, step / rise)
    return _between(peak, last, min(1.0, (step - rise) / max(1.0, steps - 1 - rise)))


def _between(start: float, end: float, share: float) -> float:
    return end + (start - end) * (1 + math.cos(math.pi * share)) / 2
