"""Audio features and reference frame to what the blocks use: everything that does not depend on flow time."""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from ..errors import InputError
from .amplitude import AmplitudeEncoder
from .attention import KeyValue
from .config import NetworkConfig
from .inputs import AudioInput
from .modulation import chance_rows

AUDIO = ("linguistic", "amplitude", "emotion")  # the conditions that can be dropped, in the order of `keep`


@dataclass(frozen=True, eq=False)
class Conditioning:
    """Made by `AudioRichTransformer.condition`, once per window of a clip; good for every solver step."""

    token: Float[Tensor, "b #t w"]  # added to the embedded motion: the reference, and aligned linguistics
    trunk: tuple[KeyValue, ...]  # one per block
    head_tokens: tuple[Tensor | None, ...]  # added before each head, where conditions are aligned
    heads: tuple[tuple[KeyValue, ...], ...]  # one per block of each head; none where it is not conditioned
    angles: tuple[Tensor, Tensor]  # rotary positions
    mask: Bool[Tensor, "b 1 1 t"] | None  # False where a frame is padding


class ConditionEncoder(nn.Module):
    """Each kind of audio feature as vectors of the network's width, or its own "not given" vector."""

    def __init__(self, config: NetworkConfig):
        super().__init__()
        width = config.width
        self.linguistic = nn.Sequential(
            _nearby(config.d_linguistic, width, config.reach), nn.LayerNorm(width)
        )
        self.amplitude = AmplitudeEncoder(
            (*config.amplitude_widths, width), config.amplitude_bins, config.loudness == "log"
        )
        self.emotion = nn.Sequential(_nearby(config.d_emotion, width, config.reach), nn.LayerNorm(width))
        self.absent = chance_rows(len(AUDIO), width, 0.02)

    def forward(self, audio: AudioInput, keep: Bool[Tensor, "b 3"] | None = None) -> dict[str, Tensor]:
        """`keep` is False where a clip's condition is to be dropped; None keeps all."""
        encoded = {
            "linguistic": self.linguistic(audio.linguistic),
            "amplitude": self.amplitude(audio.envelope),
            "emotion": self.emotion(audio.emotion),
        }
        if keep is None:
            return encoded
        return {
            name: torch.where(keep[:, k, None, None], encoded[name], self.absent[k].to(encoded[name].dtype))
            for k, name in enumerate(AUDIO)
        }


class NearbyFrames(nn.Module):
    """A linear map of each frame together with `reach` frames before and after it."""

    def __init__(self, inputs: int, outputs: int, reach: int):
        super().__init__()
        self.convolution = nn.Conv1d(inputs, outputs, 2 * reach + 1, padding=reach)

    def forward(self, x: Float[Tensor, "b t d"]) -> Float[Tensor, "b t w"]:
        return self.convolution(x.transpose(1, 2)).transpose(1, 2)


def _nearby(inputs: int, outputs: int, reach: int) -> nn.Module:
    return NearbyFrames(inputs, outputs, reach) if reach else nn.Linear(inputs, outputs)


def check_widths(config: NetworkConfig, audio: AudioInput, reference: Float[Tensor, "b d"]) -> None:
    """Features of another front end are refused."""
    got = (audio.linguistic.shape[-1], audio.emotion.shape[-1], reference.shape[-1])
    expected = (config.d_linguistic, config.d_emotion, config.space.width)
    names = ("linguistic features", "emotion features", "the reference frame")
    for name, have, want in zip(names, got, expected, strict=True):
        if have != want:
            raise InputError(
                f"{name} have {have} numbers, this network was made for {want}: "
                "give what the checkpoint names, or load another checkpoint"
            )
