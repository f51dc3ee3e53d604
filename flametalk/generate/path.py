"""The straight path from noise x0 (time 0) to motion x1 (time 1), and what follows from it."""

import torch
from jaxtyping import Float
from torch import Tensor


def at_time(
    x0: Float[Tensor, "b t d"], x1: Float[Tensor, "b t d"], time: Float[Tensor, "b"]
) -> Float[Tensor, "b t d"]:
    """x_t = t·x1 + (1 − t)·x0."""
    return torch.lerp(x0, x1, time[:, None, None].to(x0.dtype))


def velocity(x0: Float[Tensor, "b t d"], x1: Float[Tensor, "b t d"]) -> Float[Tensor, "b t d"]:
    """dx_t/dt: the same all along the path."""
    return x1 - x0


def end_of(
    x: Float[Tensor, "b t d"], speed: Float[Tensor, "b t d"], time: Float[Tensor, "b"]
) -> Float[Tensor, "b t d"]:
    """Where the path through `x` at `time` arrives, if `speed` is right."""
    return x + (1 - time)[:, None, None] * speed


def start_of(
    x: Float[Tensor, "b t d"], speed: Float[Tensor, "b t d"], time: Float[Tensor, "b"]
) -> Float[Tensor, "b t d"]:
    """Where it came from."""
    return x - time[:, None, None] * speed
