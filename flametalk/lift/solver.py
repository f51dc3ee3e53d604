"""Levenberg–Marquardt, batched: frames of a known person side by side, or frames and the person together.

Frames meet only in what they share. Their own numbers are eliminated first (Schur's complement), so that the
shared ones are solved for in a system of their own size, however many frames there are.
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor

from .observed import Observed
from .residuals import Problem, cost_of, equations_of

DAMPING = 1e-3  # of the diagonal
EASIER, HARDER = 0.3, 5.0
LEAST_DAMPING, MOST_DAMPING = 1e-7, 1e7
INDEPENDENT = 3.0  # frames of a video, however many
SMALL_GAIN = 1e-3  # of the cost: less is the end
HOPELESS = 1e3  # damping beyond which no step will help


def fit_frames(
    problem: Problem,
    seen: Observed,
    frames: Float[Tensor, "b x"],
    shared: Float[Tensor, "#b y"],
    steps: int = 12,
) -> Float[Tensor, "b x"]:
    """Each frame on its own; the people are known."""
    damping = frames.new_full((len(frames),), DAMPING)
    equations = equations_of(problem, seen, frames, shared)
    for _ in range(steps):
        change = _solve(_damped(equations.h, damping), equations.g[..., None])[..., 0]
        trial = frames - change
        cost = cost_of(problem, seen, trial, shared)
        better = cost < equations.cost
        gain = torch.where(better, equations.cost - cost, 0.0)
        frames = torch.where(better[:, None], trial, frames)
        damping = (damping * torch.where(better, EASIER, HARDER)).clamp(LEAST_DAMPING, MOST_DAMPING)
        done = torch.where(better, gain < SMALL_GAIN * equations.cost, damping > HOPELESS)
        if bool(done.all()):
            break
        equations = equations_of(problem, seen, frames, shared)
    return frames


def fit_people(
    problem: Problem,
    seen: Observed,
    frames: Float[Tensor, "b x"],
    shared: Float[Tensor, "p y"],
    who: Int[Tensor, "b"],
    steps: int = 25,
) -> tuple[Float[Tensor, "b x"], Float[Tensor, "p y"]]:
    """Frames and people together; `who` is the person in each frame.

    A tracker errs on one person alike in every frame: many frames count as `INDEPENDENT` ones.
    """
    alike = (who.bincount(minlength=len(shared)) / INDEPENDENT).clamp_min(1)
    precision = problem.prior.shared * alike[:, None]

    def per_person(values: Tensor) -> Tensor:
        return values.new_zeros(len(shared), *values.shape[1:]).index_add_(0, who, values)

    def cost_with(cost: Tensor, people: Tensor) -> Tensor:
        return per_person(cost) + 0.5 * (precision * people**2).sum(-1)

    damping = shared.new_full((len(shared),), DAMPING)
    equations = equations_of(problem, seen, frames, shared[who], with_shared=True)
    cost = cost_with(equations.cost, shared)
    for _ in range(steps):
        mixed, h_shared, g_shared = equations.h_mixed, equations.h_shared, equations.g_shared
        assert mixed is not None and h_shared is not None and g_shared is not None
        solved = _solve(
            _damped(equations.h, damping[who]), torch.cat([mixed, equations.g[..., None]], -1)
        )  # b x y+1
        by_shared, alone = solved[..., :-1], solved[..., -1]
        reduced = torch.diag_embed(precision) + per_person(h_shared - mixed.mT @ by_shared)
        gradient = precision * shared + per_person(g_shared - (mixed.mT @ alone[..., None])[..., 0])
        change = _solve(_damped(reduced, damping), gradient[..., None])[..., 0]
        trial_shared = shared - change
        trial = frames - (alone - (by_shared @ change[who][..., None])[..., 0])
        now = cost_with(cost_of(problem, seen, trial, trial_shared[who]), trial_shared)
        better = now < cost
        done = torch.where(better, cost - now < SMALL_GAIN * cost, damping > HOPELESS)
        frames = torch.where(better[who][:, None], trial, frames)
        shared = torch.where(better[:, None], trial_shared, shared)
        cost = torch.where(better, now, cost)
        damping = (damping * torch.where(better, EASIER, HARDER)).clamp(LEAST_DAMPING, MOST_DAMPING)
        if bool(done.all()):
            break
        equations = equations_of(problem, seen, frames, shared[who], with_shared=True)
    return frames, shared


def _damped(h: Float[Tensor, "b x x"], damping: Float[Tensor, "b"]) -> Float[Tensor, "b x x"]:
    diagonal = h.diagonal(dim1=-2, dim2=-1)
    return h + torch.diag_embed(diagonal * damping[:, None] + 1e-9 * diagonal.amax(-1, keepdim=True))


def _solve(h: Float[Tensor, "b x x"], right: Float[Tensor, "b x k"]) -> Float[Tensor, "b x k"]:
    return torch.cholesky_solve(right, torch.linalg.cholesky(h))
