"""Where the flow starts. Each kind draws (b, t, d) for a batch whose amplitude envelope is (b, t).

White noise is independent from frame to frame. The others draw Gaussian anchors and interpolate linearly
between them, so that the flow begins with something as slow as faces are.
"""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Float, Int
from torch import Tensor

from .config import NetworkConfig
from .extrema import envelope_extrema


@runtime_checkable
class Noise(Protocol):
    """Any of the kinds below."""

    def draw(
        self, amplitude: Float[Tensor, "b t"], width: int, generator: torch.Generator
    ) -> Float[Tensor, "b t d"]: ...


@dataclass(frozen=True)
class WhiteNoise:
    """Every frame for itself."""

    def draw(
        self, amplitude: Float[Tensor, "b t"], width: int, generator: torch.Generator
    ) -> Float[Tensor, "b t d"]:
        return _normal((*amplitude.shape, width), amplitude, generator)


@dataclass(frozen=True)
class SegmentNoise:
    """Anchors at even distances; 3DXTalker's code used 25 frames."""

    every: int = 25

    def draw(
        self, amplitude: Float[Tensor, "b t"], width: int, generator: torch.Generator
    ) -> Float[Tensor, "b t d"]:
        clips, frames = amplitude.shape
        anchors = torch.arange(0, frames + self.every - 1, self.every)
        return torch.stack([_between(anchors, amplitude[k], width, generator) for k in range(clips)])


@dataclass(frozen=True)
class ExtremaNoise:
    """Anchors where the loudness turns, as 3DXTalker's paper has it, at most `longest` frames apart."""

    longest: int = 25

    def draw(
        self, amplitude: Float[Tensor, "b t"], width: int, generator: torch.Generator
    ) -> Float[Tensor, "b t d"]:
        return torch.stack(
            [_between(envelope_extrema(curve, self.longest), curve, width, generator) for curve in amplitude]
        )


@dataclass(frozen=True)
class JawOpening:
    """Another noise, in which one dimension is |noise| × envelope / its maximum: loud starts out open."""

    noise: Noise
    dimension: int

    def draw(
        self, amplitude: Float[Tensor, "b t"], width: int, generator: torch.Generator
    ) -> Float[Tensor, "b t d"]:
        drawn = self.noise.draw(amplitude, width, generator)
        loudness = amplitude / amplitude.amax(1, keepdim=True).clamp_min(1e-8)
        drawn[..., self.dimension] = drawn[..., self.dimension].abs() * loudness
        return drawn


@dataclass(frozen=True)
class ScaledNoise:
    """Another noise, made smaller in some dimensions."""

    noise: Noise
    scale: tuple[float, ...]

    def draw(
        self, amplitude: Float[Tensor, "b t"], width: int, generator: torch.Generator
    ) -> Float[Tensor, "b t d"]:
        drawn = self.noise.draw(amplitude, width, generator)
        return drawn * torch.tensor(self.scale).to(drawn)


def noise_of(config: NetworkConfig, training: bool = False) -> Noise:
    """The noise that a network is trained on, and so the one to sample from.

    Dimensions with little noise start from none at all when sampled: what they do is for the audio to say,
    not for the seed. The little noise of training teaches the network to decide where the audio leaves doubt.
    """
    scale = config.noise_scale
    if scale and not training:
        scale = tuple(float(s == 1.0) for s in scale)
    noise = _plain(config)
    return ScaledNoise(noise, scale) if scale else noise


def _plain(config: NetworkConfig) -> Noise:
    kinds: dict[str, Noise] = {"white": WhiteNoise(), "segments": SegmentNoise(), "extrema": ExtremaNoise()}
    noise = kinds[config.noise]
    if config.scaled_jaw and "jaw" in config.space.names:
        return JawOpening(noise, config.space["jaw"].start)
    return noise


def _normal(shape: tuple[int, ...], like: Tensor, generator: torch.Generator) -> Tensor:
    """Drawn where the generator lives, so that one seed gives one result on every device."""
    return torch.randn(shape, generator=generator, device=generator.device).to(like.device)


def _between(
    anchors: Int[Tensor, "n"], curve: Float[Tensor, "t"], width: int, generator: torch.Generator
) -> Float[Tensor, "t d"]:
    """Gaussian values at `anchors` (from frame 0 to the last frame or behind it), linear between them."""
    values = _normal((len(anchors), width), curve, generator)
    anchors = anchors.to(curve.device)
    frames = torch.arange(len(curve), device=curve.device)
    right = torch.searchsorted(anchors, frames, right=True).clamp(1, max(1, len(anchors) - 1))
    if len(anchors) == 1:
        return values.expand(len(curve), -1).clone()
    left = right - 1
    share = (frames - anchors[left]) / (anchors[right] - anchors[left])
    return torch.lerp(values[left], values[right], share[:, None].to(values.dtype))
