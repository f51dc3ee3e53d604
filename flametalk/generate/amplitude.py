"""The amplitude encoder: envelope frames of 640 samples to one vector a frame, by dilated convolutions."""

from jaxtyping import Float
from torch import Tensor, nn

from ..conventions import SAMPLES_PER_FRAME

KERNEL = 3
POOL = 3  # frames averaged at the end


class AmplitudeEncoder(nn.Module):
    """Conv1d 640 → … → width with dilations 1, 2, 4, …, BatchNorm and ReLU after each, average over 3 frames.

    BatchNorm and not LayerNorm: at inference it is a fixed scale, so that loudness stays in the features.
    """

    def __init__(self, widths: tuple[int, ...]):
        super().__init__()
        layers: list[nn.Module] = []
        for k, (before, after) in enumerate(zip((SAMPLES_PER_FRAME, *widths), widths, strict=False)):
            reach = 2**k
            layers += [nn.Conv1d(before, after, KERNEL, padding=reach, dilation=reach, bias=False)]
            layers += [nn.BatchNorm1d(after), nn.ReLU()]
        layers.append(nn.AvgPool1d(POOL, stride=1, padding=POOL // 2, count_include_pad=False))
        self.layers = nn.Sequential(*layers)

    def forward(self, envelope: Float[Tensor, "b t 640"]) -> Float[Tensor, "b t w"]:
        return self.layers(envelope.transpose(1, 2)).transpose(1, 2)
