"""Where an amplitude envelope turns: peaks and valleys, without gaps that are too long."""

import torch
from jaxtyping import Float, Int
from torch import Tensor


def envelope_extrema(curve: Float[Tensor, "t"], longest: int) -> Int[Tensor, "n"]:
    """Frames of local maxima and minima, the first and the last frame, and even steps across longer gaps.

    A plateau counts with its first frame. In silence nothing turns, and anchors stand `longest` apart.
    """
    curve = curve.detach().cpu()
    last = len(curve) - 1
    slope = torch.diff(curve).sign()
    turns, rising = [0], 0.0
    for frame, way in enumerate(slope.tolist()):
        if way and rising and way != rising:
            turns.append(_plateau_start(slope, frame))
        rising = way or rising
    if last > 0:
        turns.append(last)
    anchors = [turns[0]]
    for turn in turns[1:]:
        gap = turn - anchors[-1]
        if gap > 0:
            pieces = -(-gap // longest)
            start = anchors[-1]
            anchors += [start + round(gap * (k + 1) / pieces) for k in range(pieces)]
    return torch.tensor(anchors)


def _plateau_start(slope: Float[Tensor, "_"], frame: int) -> int:
    """The first frame as high as `frame`."""
    while frame > 0 and slope[frame - 1] == 0:
        frame -= 1
    return frame
