"""The network of emotion2vec (Ma et al. 2024): data2vec 2.0 over a waveform.

Attributes are named as in the released weights, so that these load as they are.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

CONVOLUTIONS = ((10, 5), (3, 2), (3, 2), (3, 2), (3, 2), (2, 2), (2, 2))  # kernel, stride
POSITION_GROUPS = 16


@dataclass(frozen=True)
class Sizes:
    """Everything that differs between models, read off the weights."""

    channels: int  # of the convolutions
    width: int
    heads: int
    hidden: int  # of the feed-forward layers
    first_blocks: int  # before …
    blocks: int  # … and after the representation that training shared
    positions: int  # convolutions of the positional encoder
    position_kernel: int
    extra_tokens: int
    labels: int


class Emotion2Vec(nn.Module):
    """Waveform → vectors, and the emotion classifier `proj`."""

    def __init__(self, sizes: Sizes):
        super().__init__()
        audio = _Audio(sizes)
        self.modality_encoders = nn.ModuleDict({"AUDIO": audio})
        self.extra_tokens = sizes.extra_tokens
        self.blocks = nn.ModuleList(_Block(sizes) for _ in range(sizes.blocks))
        self.proj = nn.Linear(sizes.width, sizes.labels)

    def forward(self, sound: Float[Tensor, "b samples"]) -> Float[Tensor, "b steps d"]:
        x, bias = self.modality_encoders["AUDIO"](sound)
        for block in self.blocks:
            x = block(x, bias)
        return x[:, self.extra_tokens :]


class _Audio(nn.Module):
    def __init__(self, sizes: Sizes):
        super().__init__()
        self.local_encoder = _Convolutions(sizes.channels)
        self.project_features = nn.Sequential(
            nn.Identity(), nn.LayerNorm(sizes.channels), nn.Linear(sizes.channels, sizes.width)
        )
        self.relative_positional_encoder = nn.Sequential(
            nn.Identity(), *(_Position(sizes) for _ in range(sizes.positions))
        )
        self.context_encoder = _Context(sizes)
        self.extra_tokens = nn.Parameter(torch.zeros(1, sizes.extra_tokens, sizes.width))
        self.alibi_scale = nn.Parameter(torch.ones(1, 1, sizes.heads, 1, 1))

    def forward(self, sound: Tensor) -> tuple[Tensor, Tensor]:
        x = self.project_features(self.local_encoder(sound).transpose(1, 2))
        x = x + self.relative_positional_encoder(x.transpose(1, 2)).transpose(1, 2)
        bias = alibi(x.shape[1], self.alibi_scale.shape[2]).to(x) * self.alibi_scale[0, 0].clamp(min=0)
        tokens = self.extra_tokens.shape[1]
        x = torch.cat([self.extra_tokens.expand(len(x), -1, -1), x], dim=1)
        bias = functional.pad(bias, (tokens, 0, tokens, 0))
        return self.context_encoder(x, bias), bias


class _Convolutions(nn.Module):
    def __init__(self, channels: int):
        super().__init__()
        self.conv_layers = nn.ModuleList(
            _Convolution(1 if i == 0 else channels, channels, kernel, stride)
            for i, (kernel, stride) in enumerate(CONVOLUTIONS)
        )

    def forward(self, sound: Tensor) -> Tensor:
        x = sound[:, None]
        for layer in self.conv_layers:
            x = layer(x)
        return x


class _Convolution(nn.Sequential):
    """A convolution, normalised over channels."""

    def __init__(self, before: int, after: int, kernel: int, stride: int):
        norm = nn.Sequential(nn.Identity(), nn.LayerNorm(after))
        super().__init__(nn.Conv1d(before, after, kernel, stride, bias=False), nn.Identity(), norm)

    def forward(self, x: Tensor) -> Tensor:
        return functional.gelu(self[2](self[0](x).transpose(1, 2)).transpose(1, 2))


class _Position(nn.Sequential):
    """A grouped convolution over time, normalised over channels."""

    def __init__(self, sizes: Sizes):
        kernel, width = sizes.position_kernel, sizes.width
        super().__init__(nn.Conv1d(width, width, kernel, padding=kernel // 2, groups=POSITION_GROUPS))

    def forward(self, x: Tensor) -> Tensor:
        y = self[0](x)[..., : x.shape[-1]].transpose(1, 2)
        return functional.gelu(functional.layer_norm(y, y.shape[-1:]).transpose(1, 2))


class _Context(nn.Module):
    def __init__(self, sizes: Sizes):
        super().__init__()
        self.norm = nn.LayerNorm(sizes.width)
        self.blocks = nn.ModuleList(_Block(sizes) for _ in range(sizes.first_blocks))

    def forward(self, x: Tensor, bias: Tensor) -> Tensor:
        x = self.norm(x)
        for block in self.blocks:
            x = block(x, bias)
        return x


class _Block(nn.Module):
    """Attention and feed-forward, normalised after the sum."""

    def __init__(self, sizes: Sizes):
        super().__init__()
        self.heads = sizes.heads
        self.norm1, self.norm2 = nn.LayerNorm(sizes.width), nn.LayerNorm(sizes.width)
        self.attn = nn.ModuleDict(
            {"qkv": nn.Linear(sizes.width, 3 * sizes.width), "proj": nn.Linear(sizes.width, sizes.width)}
        )
        self.mlp = nn.ModuleDict(
            {"fc1": nn.Linear(sizes.width, sizes.hidden), "fc2": nn.Linear(sizes.hidden, sizes.width)}
        )

    def forward(self, x: Tensor, bias: Tensor) -> Tensor:
        b, n, width = x.shape
        q, k, v = self.attn["qkv"](x).reshape(b, n, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        y = functional.scaled_dot_product_attention(q, k, v, attn_mask=bias)
        x = self.norm1(x + self.attn["proj"](y.transpose(1, 2).reshape(b, n, width)))
        return self.norm2(x + self.mlp["fc2"](functional.gelu(self.mlp["fc1"](x))))


def alibi(steps: int, heads: int) -> Float[Tensor, "heads steps steps"]:
    """Attention bias that falls with distance, steeper for the first heads."""

    def slopes(n: int) -> list[float]:
        if n & (n - 1) == 0:
            return [2.0 ** (-8.0 * (i + 1) / n) for i in range(n)]
        below = 1 << (n.bit_length() - 1)
        return slopes(below) + slopes(2 * below)[0::2][: n - below]

    distance = (torch.arange(steps)[:, None] - torch.arange(steps)).abs()
    return -torch.tensor(slopes(heads))[:, None, None] * distance
