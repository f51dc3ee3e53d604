"""Flow times for training: which points of the path a batch sees."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Float
from torch import Tensor


@runtime_checkable
class Times(Protocol):
    """Any of the kinds below."""

    def draw(self, count: int, generator: torch.Generator) -> Float[Tensor, "b"]: ...


@dataclass(frozen=True)
class StepTimes:
    """One of evenly spaced times 0, 1/steps … (steps−1)/steps; 3DXTalker's 512."""

    steps: int = 512

    def draw(self, count: int, generator: torch.Generator) -> Float[Tensor, "b"]:
        whole = torch.randint(self.steps, (count,), generator=generator, device=generator.device)
        return whole.float() / self.steps


@dataclass(frozen=True)
class UniformTimes:
    """Any time, one from each of `count` equal parts, shuffled: the batch covers the path evenly."""

    def draw(self, count: int, generator: torch.Generator) -> Float[Tensor, "b"]:
        device = generator.device
        order = torch.randperm(count, generator=generator, device=device)
        return (order + torch.rand(count, generator=generator, device=device)) / count
