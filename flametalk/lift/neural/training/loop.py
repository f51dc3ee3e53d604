"""The steps of both stages: old and new renders, one cycle of the learning rate, clipped gradients."""

import time
from collections.abc import Callable, Iterator

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from ..encoder import Encoder, colours_last
from .memory import Memory
from .pictures import Batch
from .recipe import EncoderRecipe

MAX_GRADIENT = 1.0
FILL = 8  # batches in memory before the first step
LAST = 100  # steps whose losses are told
Report = Callable[[int, dict[str, float]], None]
Objective = Callable[[Float[Tensor, "b 3 h w"], dict[str, Tensor], int], dict[str, Tensor]]


def train(
    encoder: Encoder,
    recipe: EncoderRecipe,
    source: Iterator[Batch],
    chance: np.random.Generator,
    objective: Objective,
    stop_after: float | None = None,
    report: Report | None = None,
) -> tuple[int, dict[str, float]]:
    """Steps taken, and the mean losses of the last ones.

    `objective` gets pictures, their truth and the step's number; `stop_after` seconds ends it early, with the
    learning rate brought down by then.
    """
    start = time.perf_counter()
    colours_last(encoder)
    optimiser = torch.optim.AdamW(encoder.parameters(), recipe.peak, weight_decay=recipe.decay)
    memory = Memory(recipe.memory)
    for _ in range(FILL):
        memory.keep(next(source))
    encoder.train()
    history: list[dict[str, float]] = []
    step = 0
    while step < recipe.steps:
        passed = 0.0 if stop_after is None else (time.perf_counter() - start) / stop_after
        if (progress := max(step / recipe.steps, passed)) >= 1:
            break
        for group in optimiser.param_groups:
            group["lr"] = recipe.peak * cycle(progress)
        if step % recipe.fresh == 0:
            memory.keep(next(source))
        pictures, truth = memory.draw(recipe.batch, chance)
        losses = objective(pictures, truth, step)
        optimiser.zero_grad()
        sum(losses.values(), torch.zeros(())).backward()
        torch.nn.utils.clip_grad_norm_(encoder.parameters(), MAX_GRADIENT)
        optimiser.step()
        history.append({name: float(value.detach()) for name, value in losses.items()})
        step += 1
        if report is not None:
            report(step, history[-1])
    return step, means(history[-LAST:])


def cycle(progress: float, warm: float = 0.1) -> float:
    """Up in a line, down in half a cosine."""
    if progress < warm:
        return 0.05 + 0.95 * progress / warm
    return 0.5 * (1 + float(np.cos(np.pi * (progress - warm) / (1 - warm)))) + 1e-3


def means(rows: list[dict[str, float]]) -> dict[str, float]:
    names = {name for row in rows for name in row}
    return {name: float(np.mean([row[name] for row in rows if name in row])) for name in sorted(names)}
