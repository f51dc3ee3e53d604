"""The flow-matching objective."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from . import path
from .guidance import drop_some
from .inputs import AudioInput
from .network import AudioRichTransformer
from .noise import noise_of
from .times import Times


def velocity_error(
    predicted: Float[Tensor, "b t d"],
    target: Float[Tensor, "b t d"],
    weights: Float[Tensor, "d"] | None = None,
    valid: Bool[Tensor, "b t"] | None = None,
) -> Float[Tensor, ""]:
    """Mean squared error over real frames; `weights` say how much each dimension counts."""
    squared = (predicted.float() - target.float()) ** 2
    if weights is not None:
        squared = squared * (weights / weights.mean())
    per_frame = squared.mean(-1)
    if valid is None:
        return per_frame.mean()
    return (per_frame * valid).sum() / valid.sum().clamp_min(1)


def flow_loss(
    network: AudioRichTransformer,
    audio: AudioInput,
    reference: Float[Tensor, "b d"],
    motion: Float[Tensor, "b t d"],
    times: Times,
    generator: torch.Generator,
    drop_chance: float = 0.1,
    weights: Float[Tensor, "d"] | None = None,
    valid: Bool[Tensor, "b t"] | None = None,
) -> Float[Tensor, ""]:
    """The network against the straight path from its noise to `motion`, z-scored differences."""
    device = motion.device
    x0 = noise_of(network.config).draw(audio.amplitude, motion.shape[-1], generator).to(motion)
    time = times.draw(len(motion), generator).to(device)
    keep = drop_some(len(motion), drop_chance, generator).to(device) if drop_chance else None
    conditioning = network.condition(audio, reference, keep, valid)
    predicted = network(path.at_time(x0, motion, time), time, conditioning)
    return velocity_error(predicted, path.velocity(x0, motion), weights, valid)
