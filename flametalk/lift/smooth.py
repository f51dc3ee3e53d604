"""Frames of one person in a row: what is seen of each, and that a face does not jump.

Each frame's equations and the links between neighbours make one large system, whose matrix is zero but for
blocks beside its diagonal: it is solved exactly in one sweep forth and one back.
"""

from collections.abc import Callable

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from ..conventions import FPS
from .observed import Observed
from .residuals import Problem, cost_of, equations_of
from .unknowns import Layout

STEP_EXPRESSION = 0.12  # what changes from a frame to the next at 25 a second: one standard deviation
STEP_HEAD = 0.03  # radians
STEP_JAW = 0.05
STEP_GAZE = 0.15
STEP_PLACE = 0.004  # metres
STEP_DEPTH = 0.006
STEP_HABIT = 0.2
WINDOW, OVERLAP = 200, 20  # frames solved at a time


def step_precision(layout: Layout, fps: float) -> Float[Tensor, "x"]:
    """1 / variance of what changes between two frames."""
    sigma = torch.full((layout.frame,), STEP_EXPRESSION, dtype=torch.float64)
    sigma[layout.head], sigma[layout.jaw], sigma[layout.gaze] = STEP_HEAD, STEP_JAW, STEP_GAZE
    sigma[layout.place] = STEP_PLACE
    sigma[layout.place.stop - 1] = STEP_DEPTH
    sigma[layout.habits] = STEP_HABIT
    return sigma**-2 * (fps / FPS)


def smooth_frames(
    problem: Problem,
    look: Callable[[slice], Observed],
    frames: Float[Tensor, "t x"],
    shared: Float[Tensor, "1 y"],
    links: Bool[Tensor, "t"],
    fps: float,
    steps: int = 2,
) -> Float[Tensor, "t x"]:
    """Fitted frames, smooth over time. `look` gives what is seen, `links[k]`: frame k follows on k − 1."""
    precision, result = step_precision(problem.layout, fps), frames.clone()
    for start in range(0, len(frames), WINDOW - OVERLAP):
        low, high = max(0, start - OVERLAP), min(len(frames), start + WINDOW)
        part, inside = slice(low, high), links[low:high].clone()
        inside[0] = False
        smooth = _window(problem, look(part), frames[part], shared, inside, precision, steps)
        keep = 0 if low == 0 else start - low
        result[low + keep : high] = smooth[keep:]
        if high == len(frames):
            break
    return result


def _window(
    problem: Problem,
    seen: Observed,
    frames: Tensor,
    shared: Tensor,
    links: Tensor,
    precision: Tensor,
    steps: int,
) -> Tensor:
    def cost(rows: Tensor) -> float:
        jumps = (rows[1:] - rows[:-1]) ** 2 * precision * links[1:, None]
        return float(cost_of(problem, seen, rows, shared).sum() + 0.5 * jumps.sum())

    now = cost(frames)
    for _ in range(steps):
        equations = equations_of(problem, seen, frames, shared)
        change = _sweep(equations.h, equations.g, frames, links, precision)
        for share in (1.0, 0.5, 0.25):
            trial = frames - share * change
            then = cost(trial)
            if then < now:
                frames, now = trial, then
                break
        else:
            break
    return frames


def _sweep(h: Tensor, g: Tensor, frames: Tensor, links: Tensor, precision: Tensor) -> Float[Tensor, "t x"]:
    """The step that solves all frames and their links together."""
    count = len(frames)
    tied = links.to(frames)[:, None] * precision  # (t, x), of frame k with k − 1
    after = torch.cat([tied[1:], torch.zeros_like(tied[:1])])
    jumps = torch.cat([torch.zeros_like(frames[:1]), frames[1:] - frames[:-1]]) * tied
    gradient = g + jumps - torch.cat([jumps[1:], torch.zeros_like(jumps[:1])])
    diagonal = h + torch.diag_embed(tied + after)
    lower: list[Tensor] = []
    right: list[Tensor] = []
    for k in range(count):
        block, value = diagonal[k], gradient[k]
        if k and bool(links[k]):
            block = block - tied[k][:, None] * torch.cholesky_inverse(lower[-1]) * tied[k]
            value = value + tied[k] * torch.cholesky_solve(right[-1][:, None], lower[-1])[:, 0]
        scale = 1e-9 * block.diagonal().amax()
        lower.append(torch.linalg.cholesky(block + scale * torch.eye(len(block), dtype=block.dtype)))
        right.append(value)
    change = torch.zeros_like(frames)
    for k in reversed(range(count)):
        value = right[k]
        if k + 1 < count and bool(links[k + 1]):
            value = value + tied[k + 1] * change[k + 1]
        change[k] = torch.cholesky_solve(value[:, None], lower[k])[:, 0]
    return change
