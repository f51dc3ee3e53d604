"""The moving average of the weights: smoother than any single step, and what is kept in the end."""

import torch
from torch import Tensor, nn


class Average:
    """After n steps the decay is at most (1 + n) / (10 + n), so that the beginning is soon forgotten."""

    def __init__(self, network: nn.Module, decay: float):
        self.decay, self.steps = decay, 0
        self.values = {name: value.detach().clone() for name, value in network.state_dict().items()}

    @torch.no_grad()
    def update(self, network: nn.Module) -> None:
        self.steps += 1
        decay = min(self.decay, (1 + self.steps) / (10 + self.steps))
        for name, value in network.state_dict().items():
            kept = self.values[name]
            if kept.is_floating_point():
                kept.lerp_(value.detach().to(kept), 1 - decay)
            else:
                kept.copy_(value)

    def load(self, values: dict[str, Tensor], steps: int) -> None:
        self.values = {name: value.clone() for name, value in values.items()}
        self.steps = steps
