"""How the flow time reaches the blocks: one shared vector of 6 × width, shifted by a table in each block.

This is "adaLN-single" of PixArt-α: far fewer weights than a time network in every block.
"""

import math

import torch
from jaxtyping import Float
from torch import Tensor, nn

TIME_SCALE = 1000.0  # flow times 0 … 1 are spread over the periods of diffusion steps
LONGEST = 10_000.0
N_SIGNALS = 6  # shift, scale and gate of the attention, and of the MLP


def time_waves(time: Float[Tensor, "b"], width: int) -> Float[Tensor, "b width"]:
    """Cosines and sines of the time at `width / 2` frequencies."""
    half = width // 2
    steps = torch.arange(half, device=time.device, dtype=torch.float32)
    angles = time[:, None].float() * TIME_SCALE * torch.exp(-math.log(LONGEST) * steps / half)
    return torch.cat([angles.cos(), angles.sin()], dim=-1)


def chance_rows(rows: int, width: int, std: float) -> nn.Parameter:
    """Learned rows that begin by chance. Without memory ("meta") nothing is drawn: that would make torch load
    its compiler, which takes seconds."""
    values = torch.empty(rows, width)
    return nn.Parameter(values if values.is_meta else nn.init.normal_(values, std=std))


class TimeModulation(nn.Module):
    """Flow time → the six signals that all blocks share, and one vector for the outputs."""

    def __init__(self, time_width: int, width: int):
        super().__init__()
        self.time_width = time_width
        self.embed = nn.Sequential(nn.Linear(time_width, width), nn.SiLU(), nn.Linear(width, width))
        self.signals = nn.Sequential(nn.SiLU(), nn.Linear(width, N_SIGNALS * width))

    def forward(self, time: Float[Tensor, "b"]) -> tuple[Float[Tensor, "b 6 w"], Float[Tensor, "b w"]]:
        embedded = self.embed(time_waves(time, self.time_width))
        return self.signals(embedded).unflatten(-1, (N_SIGNALS, -1)), embedded


def modulate(
    x: Float[Tensor, "b t w"], shift: Float[Tensor, "b 1 w"], scale: Float[Tensor, "b 1 w"]
) -> Float[Tensor, "b t w"]:
    return x * (1 + scale) + shift
