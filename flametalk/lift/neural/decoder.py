"""The detail decoder: jaw, expression and detail code, in this order, to a displacement map.

The second batch normalisation of each block adds 0.8, not 0.00001, to the variance. This is not in the
checkpoints, and the maps come out wrong without it.
"""

from typing import Final

import torch
from jaxtyping import Float
from torch import Tensor, nn

from ...conventions import N_DETAIL, N_EXPRESSION, N_ROTATION

INPUTS: Final = N_ROTATION + N_EXPRESSION + N_DETAIL  # 181
MAP: Final = 256  # texels a side
REACH: Final = 0.01  # metres that a map reaches inward and outward
EPS: Final = 0.8
FIRST: Final = 8  # texels a side before the first doubling
CHANNELS: Final = ((128, 128), (128, 64), (64, 64), (64, 32), (32, 16))  # in and out, one doubling each


class DetailDecoder(nn.Module):
    """`narrow` divides all channels, for tests; 1 is DECA's size."""

    def __init__(self, narrow: int = 1):
        super().__init__()
        channels = [(a // narrow, b // narrow) for a, b in CHANNELS]
        self.first = channels[0][0]
        self.l1 = nn.Sequential(nn.Linear(INPUTS, self.first * FIRST * FIRST))
        parts: list[nn.Module] = [nn.BatchNorm2d(self.first)]
        for number, (inputs, outputs) in enumerate(channels):
            parts += [
                nn.Upsample(scale_factor=2, mode="bilinear", align_corners=False),
                nn.Conv2d(inputs, outputs, 3, padding=1),
                nn.BatchNorm2d(outputs, EPS),
                nn.LeakyReLU(0.2),
            ]
            assert len(parts) == 1 + 4 * (number + 1)  # the numbers are part of the weights' names
        parts += [nn.Conv2d(channels[-1][1], 1, 3, padding=1), nn.Tanh()]
        self.conv_blocks = nn.Sequential(*parts)

    def forward(
        self, jaw: Float[Tensor, "b 3"], expression: Float[Tensor, "b 50"], detail: Float[Tensor, "b 128"]
    ) -> Float[Tensor, "b 256 256"]:
        """Metres along the normal; row 0 at the top of the texture (v = 1)."""
        x = self.l1(torch.cat([jaw, expression, detail], -1))
        x = self.conv_blocks(x.view(-1, self.first, FIRST, FIRST))
        return x[:, 0] * REACH
