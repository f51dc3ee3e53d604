"""A network small enough for tests, its inputs, and weights that are not at rest."""

from typing import Any

import torch
from torch import Tensor

from flametalk.generate.config import HeadConfig, NetworkConfig
from flametalk.generate.inputs import AudioInput
from flametalk.generate.network import AudioRichTransformer
from flametalk.motion.space import Group, MotionSpace

SPACE = MotionSpace("tiny", (Group("shape", 2), Group("expression", 3), Group("head", 3), Group("jaw", 3)))
HEADS = (
    HeadConfig("identity", ("shape",), 1, "none"),
    HeadConfig("pose", ("head", "jaw"), 1, "amplitude"),
    HeadConfig("expression", ("expression",), 1, "emotion"),
)


def tiny_config(aligned: bool = False, **changes: Any) -> NetworkConfig:
    sizes: dict[str, Any] = {
        "d_linguistic": 5,
        "d_emotion": 4,
        "width": 32,
        "n_heads": 2,
        "depth": 2,
        "mlp_ratio": 2,
    }
    return NetworkConfig(
        space=SPACE,
        heads=HEADS,
        amplitude_widths=(16, 16),
        time_width=32,
        dropout=0.0,
        aligned=aligned,
        **(sizes | changes),
    )


def tiny_network(aligned: bool = False, seed: int = 0, **changes: Any) -> AudioRichTransformer:
    """Its output layers are random, since they start at zero, which would hide everything behind them."""
    network = AudioRichTransformer(tiny_config(aligned, **changes)).eval()
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in network.parameters():
            noise = torch.randn(parameter.shape, generator=generator)
            parameter.copy_(noise * 0.3 / max(1, parameter.shape[-1] / 32) ** 0.5)
    return network


def audio_of(frames: int, clips: int = 2, seed: int = 0) -> AudioInput:
    generator = torch.Generator().manual_seed(seed)
    loudness = torch.rand(clips, frames, 1, generator=generator)
    return AudioInput(
        torch.randn(clips, frames, 5, generator=generator),
        loudness * torch.rand(clips, frames, 640, generator=generator),
        torch.randn(clips, frames, 4, generator=generator),
    )


def normal(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))
