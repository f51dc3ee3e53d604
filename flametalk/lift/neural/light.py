"""Light as nine bands of spherical harmonics a colour, as DECA writes it."""

import math
from typing import Final

import torch
from jaxtyping import Float
from torch import Tensor

_FIRST = 2 * math.pi / 3 * math.sqrt(3 / (4 * math.pi))
_SECOND = math.pi / 4 * 3 * math.sqrt(5 / (12 * math.pi))
_POLAR = math.pi / 4 / 2 * math.sqrt(5 / (4 * math.pi))
FACTORS: Final = (1 / math.sqrt(4 * math.pi), *(_FIRST,) * 3, *(_SECOND,) * 3, _SECOND / 2, _POLAR)
# of the bands 1, x, y, z, xy, xz, yz, x² − y², 3z² − 1


def harmonics(normals: Float[Tensor, "*n 3"]) -> Float[Tensor, "*n 9"]:
    """The bands at unit normals of the world, before the camera turns them."""
    x, y, z = normals.unbind(-1)
    parts = (torch.ones_like(x), x, y, z, x * y, x * z, y * z, x * x - y * y, 3 * z * z - 1)
    return torch.stack(parts, -1) * normals.new_tensor(FACTORS)


def shading(normals: Float[Tensor, "b *n 3"], light: Float[Tensor, "b 9 3"]) -> Float[Tensor, "b *n 3"]:
    """What the albedo is multiplied with."""
    return torch.einsum("b...k,bkc->b...c", harmonics(normals), light)
