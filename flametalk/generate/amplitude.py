"""The amplitude encoder: envelope frames of 640 samples to one vector a frame, by dilated convolutions."""

from jaxtyping import Float
from torch import Tensor, nn

from ..conventions import SAMPLES_PER_FRAME

KERNEL = 3
POOL = 3  # frames averaged at the end
QUIETEST = 1e-4  # of full scale: the floor of logarithmic loudness
MIDDLE, LOG_RANGE = 0.01, 3.0  # what becomes 0, and natural logarithms that count as 1: speech is −1 … 1


class AmplitudeEncoder(nn.Module):
    """Conv1d bins → … → width, dilations 1, 2, 4, …, BatchNorm and ReLU after each, average over 3 frames.

    BatchNorm and not LayerNorm: at inference it is a fixed scale, so that loudness stays in the features.
    With fewer bins than samples the pulses of the voice, which tell who speaks, are averaged away.
    """

    def __init__(self, widths: tuple[int, ...], bins: int = SAMPLES_PER_FRAME, log: bool = False):
        super().__init__()
        self.bins, self.log = bins, log
        layers: list[nn.Module] = []
        for k, (before, after) in enumerate(zip((bins, *widths), widths, strict=False)):
            reach = 2**k
            layers += [nn.Conv1d(before, after, KERNEL, padding=reach, dilation=reach, bias=False)]
            layers += [nn.BatchNorm1d(after), nn.ReLU()]
        layers.append(nn.AvgPool1d(POOL, stride=1, padding=POOL // 2, count_include_pad=False))
        self.layers = nn.Sequential(*layers)

    def forward(self, envelope: Float[Tensor, "b t samples"]) -> Float[Tensor, "b t w"]:
        """Of 640 samples a frame, or of bins that were averaged before."""
        pooled = pool(envelope, self.bins)
        if self.log:
            pooled = (pooled.clamp_min(QUIETEST) / MIDDLE).log() / LOG_RANGE
        return self.layers(pooled.transpose(1, 2)).transpose(1, 2)


def pool(envelope: Float[Tensor, "*b samples"], bins: int) -> Float[Tensor, "*b bins"]:
    """Means over equal parts of each frame."""
    return envelope if envelope.shape[-1] == bins else envelope.unflatten(-1, (bins, -1)).mean(-1)
