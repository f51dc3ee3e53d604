"""Long clips in windows: where they lie, and how each grows out of the one before it.

All windows are relative to the same reference frame, so nothing drifts. In the frames that two share the new
one fades in with flat ends: two windows that differ by d add at most 1.5·d/(overlap + 1) to the change from
one frame to the next.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from ..errors import InputError
from .solvers import Velocity

NEAR = 3  # frames


@dataclass(frozen=True)
class Window:
    """Frames `start` … `stop`, the first `shared` of which the window before it has too."""

    start: int
    stop: int
    shared: int


def plan_windows(
    frames: int, size: int = 250, overlap: int = 50, loudness: Float[Tensor, "t"] | None = None
) -> list[Window]:
    """Windows of `size` frames that overlap by `overlap`, the last one by more so that it is a full one.

    With the `loudness` of each frame they begin and end in pauses, where little moves: that makes windows
    shorter, or the overlap longer, by half the overlap at most.
    """
    if not 0 < overlap < size:
        raise InputError(f"windows of {size} frames cannot overlap by {overlap}: give 1 to {size - 1}")
    slack = 0 if loudness is None else min(overlap // 2, (size - overlap - 1) // 3)
    near = None if loudness is None else _around(loudness)
    windows = [Window(0, min(size, frames), 0)]
    while windows[-1].stop < frames:
        last = windows[-1]
        stop = _quietest(near, last.stop, slack)
        windows[-1] = Window(last.start, stop, last.shared)
        start = min(stop - overlap, frames - size)
        if start < frames - size:
            start = _quietest(near, start, slack)
        windows.append(Window(start, min(start + size, frames), stop - start))
    return windows


def _around(loudness: Float[Tensor, "t"]) -> Float[Tensor, "t"]:
    """The mean over `NEAR` frames on either side: what moves across a seam."""
    kernel = torch.full((1, 1, 2 * NEAR + 1), 1.0 / (2 * NEAR + 1))
    padded = functional.pad(loudness.float().cpu()[None, None], (NEAR, NEAR), mode="replicate")
    return functional.conv1d(padded, kernel)[0, 0]


def _quietest(near: Float[Tensor, "t"] | None, latest: int, slack: int) -> int:
    """The quietest frame of the last `slack` up to `latest`; the latest, if all are alike."""
    if near is None or not slack:
        return latest
    back = near[latest - slack : latest + 1].flip(0)
    return latest - int(back.argmin())


def fade_in(count: int) -> Float[Tensor, "n 1"]:
    """Weights of the new window over `count` shared frames: above 0 to below 1, with flat ends."""
    x = torch.arange(1, count + 1, dtype=torch.float32) / (count + 1)
    return (x * x * (3 - 2 * x))[:, None]


def fuse(motion: Float[Tensor, "b t d"], part: Float[Tensor, "b s d"], window: Window) -> None:
    """Put a window's result into the clip, faded in over what is there already."""
    shared = slice(window.start, window.start + window.shared)
    weight = fade_in(window.shared).to(part)
    motion[:, shared] += weight * (part[:, : window.shared] - motion[:, shared])
    motion[:, shared.stop : window.stop] = part[:, window.shared :]


def tie(field: Velocity, x0: Float[Tensor, "b s d"], known: Float[Tensor, "b n d"]) -> Velocity:
    """A velocity that leads from `x0` to `known` at the window's beginning and fades into `field`.

    The fade happens on the way, where the network sees it and continues from it, and not afterwards.
    """
    shared = known.shape[1]
    straight = known - x0[:, :shared]
    weight = fade_in(shared).to(x0)

    def tied(x: Tensor, time: Tensor) -> Tensor:
        own = field(x, time)
        begin = straight + weight * (own[:, :shared] - straight)
        return torch.cat([begin, own[:, shared:]], dim=1)

    return tied
