"""What the network is given of a clip: audio features and the reference frame, as tensors."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from ..audio.features import AudioFeatures
from ..errors import InputError


@dataclass(frozen=True, eq=False)
class AudioInput:
    """Features of a batch of clips, one row a frame; see `audio.features.AudioFeatures`."""

    linguistic: Float[Tensor, "b t d_linguistic"]
    envelope: Float[Tensor, "b t samples"]  # 640 a frame, or means of equal parts of them
    emotion: Float[Tensor, "b t d_emotion"]

    __no_type_check__ = True  # __post_init__ says it in words

    def __post_init__(self) -> None:
        sizes = {tuple(x.shape[:2]) for x in (self.linguistic, self.envelope, self.emotion)}
        if len(sizes) != 1:
            raise InputError(f"audio features of different sizes (clips, frames): {sorted(sizes)}")

    @property
    def n_frames(self) -> int:
        return self.envelope.shape[1]

    @property
    def amplitude(self) -> Float[Tensor, "b t"]:
        """Mean of the envelope over each frame."""
        return self.envelope.float().mean(-1)

    def frames(self, start: int, stop: int) -> "AudioInput":
        """A span of frames."""
        return AudioInput(
            self.linguistic[:, start:stop], self.envelope[:, start:stop], self.emotion[:, start:stop]
        )

    def to(self, device: torch.device | str) -> "AudioInput":
        return AudioInput(self.linguistic.to(device), self.envelope.to(device), self.emotion.to(device))

    @staticmethod
    def from_features(features: AudioFeatures) -> "AudioInput":
        """A batch of one."""
        parts = (features.linguistic, features.envelope, features.emotion)
        return AudioInput(*(torch.from_numpy(part.copy())[None] for part in parts))

    @staticmethod
    def stack(inputs: Sequence["AudioInput"]) -> "AudioInput":
        """Batches of the same length as one batch."""
        return AudioInput(
            torch.cat([x.linguistic for x in inputs]),
            torch.cat([x.envelope for x in inputs]),
            torch.cat([x.emotion for x in inputs]),
        )
