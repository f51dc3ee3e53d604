"""An encoder: a residual network under `encoder.`, two linear layers under `layers.`."""

from dataclasses import dataclass
from typing import Final

import torch
from jaxtyping import Float
from torch import Tensor, nn

from ...errors import InputError
from .resnet import RESNET50, ResNet

FLAME_OUTPUTS: Final = 236  # shape 100, texture 50, expression 50, pose 6, camera 3, light 27
EXPRESSION_OUTPUTS: Final = 50
DETAIL_OUTPUTS: Final = 128


@dataclass(frozen=True)
class Sizes:
    """How large the networks are. The defaults are DECA's and EMOCA's."""

    blocks: tuple[int, int, int, int] = RESNET50
    width: int = 64  # channels of the stem
    hidden: int = 1024  # between the two linear layers
    pixels: int = 224  # a side of the pictures

    def __post_init__(self) -> None:
        if len(self.blocks) != 4 or min(self.blocks) < 1 or max(self.blocks) > 64:
            raise InputError(f"blocks is {self.blocks}, expected four numbers from 1 to 64")
        if not (1 <= self.width <= 512 and 1 <= self.hidden <= 8192 and 32 <= self.pixels <= 1024):
            raise InputError(f"{self}: expected width 1…512, hidden 1…8192, pixels 32…1024")


def colours_last(network: nn.Module) -> None:
    """Convolutions on a CPU are half as fast again with colours last in memory; the numbers are the same."""
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]


class Encoder(nn.Module):
    """Pictures, RGB in 0 … 1 and not standardised any further, to a row of numbers."""

    def __init__(self, outputs: int, sizes: Sizes | None = None):
        super().__init__()
        sizes = sizes or Sizes()
        self.encoder = ResNet(sizes.blocks, sizes.width)
        self.layers = nn.Sequential(
            nn.Linear(self.encoder.features, sizes.hidden), nn.ReLU(), nn.Linear(sizes.hidden, outputs)
        )

    @property
    def last(self) -> nn.Linear:
        """The layer that gives the numbers."""
        layer = self.layers[2]
        assert isinstance(layer, nn.Linear)
        return layer

    def forward(self, pictures: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b n"]:
        return self.layers(self.encoder(pictures))
