"""Classifier-free guidance: away from what the network would do without (some of) the audio."""

from collections.abc import Sequence

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from ..errors import UnknownNameError
from .conditions import AUDIO, Conditioning
from .network import AudioRichTransformer
from .solvers import Velocity


def guide(
    given: Float[Tensor, "*b d"], dropped: Float[Tensor, "*b d"], scale: float
) -> Float[Tensor, "*b d"]:
    """dropped + scale·(given − dropped): 1 is no guidance, more exaggerates what the audio asks for."""
    return dropped + scale * (given - dropped)


def keep_all_but(names: Sequence[str], count: int) -> Bool[Tensor, "b 3"]:
    """The `keep` of a batch in which the named conditions are dropped."""
    for name in names:
        if name not in AUDIO:
            raise UnknownNameError("audio condition", name, AUDIO)
    return torch.tensor([[name not in names for name in AUDIO]]).repeat(count, 1)


def drop_some(count: int, chance: float, generator: torch.Generator) -> Bool[Tensor, "b 3"]:
    """The `keep` of a training batch: each condition alone, and all together, is dropped with `chance`."""
    drawn = torch.rand(count, len(AUDIO) + 1, generator=generator, device=generator.device) >= chance
    return drawn[:, 1:] & drawn[:, :1]


def velocity_of(
    network: AudioRichTransformer,
    given: Conditioning,
    dropped: Conditioning | None = None,
    scale: float = 1.0,
) -> Velocity:
    """The network as a velocity field, guided where `dropped` is there."""

    def field(x: Tensor, time: Tensor) -> Tensor:
        with_audio = network(x, time, given).float()
        if dropped is None:
            return with_audio
        return guide(with_audio, network(x, time, dropped).float(), scale)

    return field
