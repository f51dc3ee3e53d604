"""Solvers of dx/dt = velocity(x, t): each takes the state along the given times."""

from collections.abc import Callable
from itertools import pairwise

from jaxtyping import Float
from torch import Tensor

from ..errors import UnknownNameError

Velocity = Callable[[Tensor, Tensor], Tensor]  # x (b, t, d) and time (b,) → (b, t, d)
Solver = Callable[[Velocity, Tensor, Tensor], Tensor]


def euler(velocity: Velocity, x: Float[Tensor, "b t d"], times: Float[Tensor, "n"]) -> Float[Tensor, "b t d"]:
    """First order, one evaluation a step."""
    for start, end in pairwise(times):
        x = x + (end - start) * velocity(x, start.expand(len(x)))
    return x


def midpoint(
    velocity: Velocity, x: Float[Tensor, "b t d"], times: Float[Tensor, "n"]
) -> Float[Tensor, "b t d"]:
    """Second order, two evaluations a step."""
    for start, end in pairwise(times):
        step = end - start
        halfway = x + step / 2 * velocity(x, start.expand(len(x)))
        x = x + step * velocity(halfway, (start + step / 2).expand(len(x)))
    return x


SOLVERS: dict[str, Solver] = {"euler": euler, "midpoint": midpoint}


def solver(name: str) -> Solver:
    """A solver by its name."""
    if name not in SOLVERS:
        raise UnknownNameError("solver", name, SOLVERS)
    return SOLVERS[name]
