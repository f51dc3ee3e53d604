"""Rotary positions: attention sees how far apart two frames are, not where in the clip they lie.

Queries and keys, of the audio as of the motion, count frames from the same origin. So a network trained on
windows of 250 frames can be asked for any number of them.
"""

import torch
from jaxtyping import Float
from torch import Tensor

SLOWEST = 10_000.0  # frames per radian of the slowest pair


def rotary_angles(
    frames: int, width: int, device: torch.device | None = None
) -> tuple[Float[Tensor, "t half"], Float[Tensor, "t half"]]:
    """Cosines and sines of position × frequency for one attention head of `width` numbers."""
    frequencies = SLOWEST ** (-torch.arange(width // 2, device=device) * 2.0 / width)
    angles = torch.arange(frames, device=device)[:, None] * frequencies
    return angles.cos(), angles.sin()


def rotate(
    x: Float[Tensor, "b h t d"], cosine: Float[Tensor, "t half"], sine: Float[Tensor, "t half"]
) -> Float[Tensor, "b h t d"]:
    """Turn each pair (x[i], x[i + d/2]) by its angle."""
    cosine, sine = cosine.to(x.dtype), sine.to(x.dtype)
    first, second = x.chunk(2, dim=-1)
    return torch.cat([first * cosine - second * sine, first * sine + second * cosine], dim=-1)
