"""SyncNet v2 (Chung and Zisserman 2016) as modules of our own that load the official weights.

`data/syncnet_v2.model` is a plain state dict of `torch.save`; numbers in its keys are places in a Sequential.
"""

from dataclasses import dataclass
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor, nn

from ..errors import FormatError
from ..files import PathLike, existing_file
from ..unpickle.torchfiles import load_torch

MAX_BYTES = 512 * 2**20
FRAMES, SIDE = 5, 224  # pictures of a window, pixels a side
CEPSTRA, COLUMNS = 13, 20  # of the sound of a window: 0.2 s
WIDTH = 1024


class SyncNet(nn.Module):
    """Sound and lips in one space; what belongs together lies close together."""

    def __init__(self) -> None:
        super().__init__()
        self.netcnnaud = nn.Sequential(
            *_conv2(1, 64), nn.MaxPool2d(1, 1),
            *_conv2(64, 192), nn.MaxPool2d(3, (1, 2)),
            *_conv2(192, 384), *_conv2(384, 256), *_conv2(256, 256), nn.MaxPool2d(3, 2),
            *_conv2(256, 512, (5, 4), 0),
        )  # fmt: skip
        pool = (1, 3, 3)
        self.netcnnlip = nn.Sequential(
            *_conv3(3, 96, (5, 7, 7), (1, 2, 2), 0), nn.MaxPool3d(pool, (1, 2, 2)),
            *_conv3(96, 256, (1, 5, 5), (1, 2, 2), (0, 1, 1)), nn.MaxPool3d(pool, (1, 2, 2), (0, 1, 1)),
            *_conv3(256, 256), *_conv3(256, 256), *_conv3(256, 256), nn.MaxPool3d(pool, (1, 2, 2)),
            *_conv3(256, 512, (1, 6, 6), 1, 0),
        )  # fmt: skip
        self.netfcaud = _joint()
        self.netfclip = _joint()

    def sound(self, mfcc: Float[Tensor, "n 1 13 20"]) -> Float[Tensor, "n 1024"]:
        """Vectors of windows of sound."""
        return self.netfcaud(self.netcnnaud(mfcc).flatten(1))

    def lips(self, pictures: Float[Tensor, "n 3 5 224 224"]) -> Float[Tensor, "n 1024"]:
        """Vectors of windows of pictures: blue, green, red from 0 to 255."""
        return self.netfclip(self.netcnnlip(pictures).flatten(1))


def _conv2(given: int, made: int, kernel: int | tuple[int, int] = 3, padding: int = 1) -> list[nn.Module]:
    return [nn.Conv2d(given, made, kernel, padding=padding), nn.BatchNorm2d(made), nn.ReLU()]


def _conv3(
    given: int,
    made: int,
    kernel: tuple[int, int, int] = (1, 3, 3),
    stride: int | tuple[int, int, int] = 1,
    padding: int | tuple[int, int, int] = (0, 1, 1),
) -> list[nn.Module]:
    return [nn.Conv3d(given, made, kernel, stride, padding), nn.BatchNorm3d(made), nn.ReLU()]


def _joint() -> nn.Sequential:
    return nn.Sequential(nn.Linear(512, 512), nn.BatchNorm1d(512), nn.ReLU(), nn.Linear(512, WIDTH))


@dataclass(frozen=True, eq=False)
class SyncNetModel:
    """The network with weights, ready to use, and where they came from."""

    network: SyncNet
    source: str


def load_syncnet(path: PathLike, device: torch.device | str = "cpu") -> SyncNetModel:
    """`syncnet_v2.model`, read as data: nothing in it is run. Missing or unknown keys are refused."""
    path = existing_file(path, MAX_BYTES)
    content = load_torch(path)
    if isinstance(content, dict) and isinstance(content.get("state_dict"), dict):
        content = content["state_dict"]
    if not isinstance(content, dict):
        raise FormatError(path, f"holds a {type(content).__name__}, expected the state dict of SyncNet v2")
    network = SyncNet()
    own = network.state_dict()
    state = {str(key).removeprefix("__S__.").removeprefix("module."): value for key, value in content.items()}
    _check(path, state, own)
    network.load_state_dict(state, strict=True)
    return SyncNetModel(network.to(device).eval(), Path(path).name)


def _check(path: Path, state: dict, own: dict[str, Tensor]) -> None:
    for key, value in own.items():
        if key not in state and key.endswith("num_batches_tracked"):
            state[key] = value  # written by torch 0.4.1 and later only
    missing, unknown = sorted(own.keys() - state.keys()), sorted(state.keys() - own.keys())
    if missing or unknown:
        told = f"lacks {missing[0]}" if missing else f"has the unknown {unknown[0]}"
        raise FormatError(
            path, f"not SyncNet v2: {told} ({len(missing)} missing, {len(unknown)} unknown keys)"
        )
    for key, value in state.items():
        if not isinstance(value, Tensor) or value.shape != own[key].shape:
            got = tuple(value.shape) if isinstance(value, Tensor) else type(value).__name__
            raise FormatError(path, f"is {got}, expected {tuple(own[key].shape)}", field=key)
        if not bool(torch.isfinite(value.float()).all()):
            raise FormatError(path, "has NaN or infinite values", field=key)
