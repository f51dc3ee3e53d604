"""The small network between Moonshine's hidden rows and phones; scripts/train_ear.py trains it.

It is narrow and was trained for a short time: what it learned from synthetic voices has to hold for people.
Several listeners, trained from different seeds, agree on real voices more often than each is right alone.
"""

import numpy as np
import torch
from jaxtyping import Float, Float32, Int
from torch import Tensor, nn
from torch.nn import functional

from .cepstra import HOP
from .moonshine import CENTRE, STRIDE, WIDTH
from .phones import N_PHONES

LISTENERS = 3
NARROW, INNER, FINE = 48, 128, 64  # channels at first, at the rate of the rows, and at the rate of the hops
KERNEL, DILATIONS = 5, (1, 2, 1)


class Listener(nn.Module):
    """Convolutions over rows, then over hops that lie between them; scores of phones come out."""

    def __init__(self, dropout: float = 0.0):
        super().__init__()
        self.normal = nn.LayerNorm(WIDTH, elementwise_affine=False)
        self.enter = nn.Sequential(nn.Linear(WIDTH, NARROW, bias=False), nn.Linear(NARROW, INNER))
        self.near = nn.ModuleList(
            nn.Conv1d(INNER, INNER, KERNEL, padding=KERNEL // 2 * step, dilation=step) for step in DILATIONS
        )
        self.steady = nn.ModuleList(nn.LayerNorm(INNER) for _ in DILATIONS)
        self.narrow = nn.Linear(INNER, FINE)
        self.sharpen = nn.Conv1d(FINE, FINE, KERNEL, padding=KERNEL // 2)
        self.leave = nn.Linear(FINE, N_PHONES)
        self.drop = nn.Dropout(dropout)

    def forward(
        self,
        rows: Float[Tensor, "b rows 288"],
        before: Int[Tensor, "b hops"],
        part: Float[Tensor, "b hops"],
    ) -> Float[Tensor, "b hops 42"]:
        """`before` and `part` say between which rows a hop lies (see `hops_between`)."""
        x = functional.gelu(self.enter(self.drop(self.normal(rows))))
        for convolution, normal in zip(self.near, self.steady, strict=True):
            x = x + self.drop(functional.gelu(along(convolution, normal(x))))
        x = self.narrow(x)
        each = torch.arange(len(x), device=x.device)[:, None]
        x = torch.lerp(x[each, before], x[each, before + 1], part[..., None])
        x = functional.gelu(x)
        x = x + functional.gelu(along(self.sharpen, x))
        return self.leave(self.drop(x))


class EarNetwork(nn.Module):
    """The listeners; what they say is the mean of their logarithms."""

    def __init__(self) -> None:
        super().__init__()
        self.listeners = nn.ModuleList(Listener() for _ in range(LISTENERS))

    def forward(
        self,
        rows: Float[Tensor, "b rows 288"],
        before: Int[Tensor, "b hops"],
        part: Float[Tensor, "b hops"],
    ) -> Float[Tensor, "b hops 42"]:
        """log P(phone | sound) of each hop."""
        said = [torch.log_softmax(listener(rows, before, part), -1) for listener in self.listeners]
        return torch.log_softmax(torch.stack(said).mean(0), -1)


def hops_between(
    rows: int, first: float, hops: int
) -> tuple[Int[np.ndarray, "hops"], Float32[np.ndarray, "hops"]]:
    """For `hops` hops from `first` on: the row before each one's middle, and the part of the way to the next.

    Row 0 is the first of the sound; hops before it and behind the last have the row at the end.
    """
    middle = (np.arange(first, first + hops) * HOP + HOP / 2 - CENTRE) / STRIDE
    before = np.clip(np.floor(middle).astype(np.int64), 0, max(0, rows - 2))
    return before, np.clip(middle - before, 0.0, 1.0).astype(np.float32)


def along(convolution: nn.Module, x: Float[Tensor, "b t c"]) -> Float[Tensor, "b t d"]:
    """A convolution over time, with the channels last."""
    return convolution(x.transpose(1, 2)).transpose(1, 2)
