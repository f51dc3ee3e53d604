"""Flow times at which a solver stops: `steps + 1` of them from 0 to 1."""

import math
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Float
from torch import Tensor


@runtime_checkable
class Schedule(Protocol):
    """Any of the kinds below."""

    @property
    def steps(self) -> int: ...

    def times(self) -> Float[Tensor, "n"]: ...


@dataclass(frozen=True)
class EvenSchedule:
    """Equal steps."""

    steps: int = 32

    def times(self) -> Float[Tensor, "n"]:
        return torch.linspace(0, 1, self.steps + 1)


@dataclass(frozen=True)
class SwaySchedule:
    """t + sway·(cos(πt/2) − 1 + t): for few steps, small ones first, where the course is decided.

    `sway` −1 is 1 − cos(πt/2), 0 is even steps (F5-TTS).
    """

    steps: int = 8
    sway: float = -1.0

    def times(self) -> Float[Tensor, "n"]:
        even = torch.linspace(0, 1, self.steps + 1)
        times = even + self.sway * (torch.cos(even * (math.pi / 2)) - 1 + even)
        times[0], times[-1] = 0.0, 1.0
        return times
