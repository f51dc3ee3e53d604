"""LPIPS (Zhang et al. 2018): distance of pictures in the features of AlexNet or VGG-16, weights by path.

The trunk is torchvision's state dict (`alexnet-owt-….pth`, `vgg16-….pth`); the weights of its channels are
LPIPS' own (`alex.pth`, `vgg.pth`), which the package torchmetrics carries.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor, nn
from torch.nn.functional import interpolate

from ..errors import FormatError, InputError, UnknownNameError
from ..extras import require
from ..files import PathLike, existing_file
from ..unpickle.torchfiles import load_torch
from .score import Score

MAX_BYTES = 2**30
SHIFT, SPREAD = (-0.030, -0.088, -0.188), (0.458, 0.448, 0.450)  # of the network's pictures in −1 … 1
BATCH = 8
# Layers of the trunk: a convolution (made, kernel, stride, padding), "pool", or a tap for the features.
ALEX = ((64, 11, 4, 2), "tap", "pool", (192, 5, 1, 2), "tap", "pool", (384, 3, 1, 1), "tap",
        (256, 3, 1, 1), "tap", (256, 3, 1, 1), "tap")  # fmt: skip
VGG = tuple(
    step
    for i, (width, count) in enumerate(((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)))
    for step in (
        (["pool"] if i else []) + [(width, 3, 1, 1), "relu"] * (count - 1) + [(width, 3, 1, 1), "tap"]
    )
)
TRUNKS = {"alex": (ALEX, 3), "vgg": (VGG, 2)}  # and the side of its pools


@dataclass(frozen=True, eq=False)
class Lpips:
    """Ready to compare pictures."""

    trunk: nn.Sequential
    taps: tuple[int, ...]
    weights: tuple[Tensor, ...]
    source: str

    def distances(
        self, first: Float[Tensor, "n 3 h w"], second: Float[Tensor, "n 3 h w"]
    ) -> Float[Tensor, "n"]:
        """Of pictures in −1 … 1."""
        shift, spread = (torch.tensor(v).view(1, 3, 1, 1) for v in (SHIFT, SPREAD))
        total = torch.zeros(len(first))
        for a, b, weight in zip(
            self._features((first - shift) / spread),
            self._features((second - shift) / spread),
            self.weights,
            strict=True,
        ):
            total = total + ((a - b).square() * weight).sum(1).mean((1, 2))
        return total

    def _features(self, pictures: Tensor) -> list[Tensor]:
        found = []
        for number, layer in enumerate(self.trunk):
            pictures = layer(pictures)
            if number in self.taps:
                found.append(pictures / (pictures.square().sum(1, keepdim=True) + 1e-8).sqrt())
        return found


def load_lpips(trunk: PathLike, kind: str = "alex", weights: PathLike | None = None) -> Lpips:
    """`trunk` is torchvision's file; `weights` LPIPS' own, by default those in the package torchmetrics."""
    if kind not in TRUNKS:
        raise UnknownNameError("trunk of LPIPS", kind, TRUNKS)
    layers, taps = _trunk(kind)
    state = _state(trunk)
    own = {f"features.{key}": value for key, value in layers.state_dict().items()}
    for key, value in own.items():
        if key not in state or state[key].shape != value.shape:
            got = tuple(state[key].shape) if key in state else "missing"
            raise FormatError(
                trunk, f"is {got}, expected {tuple(value.shape)} as in torchvision's {kind}", field=key
            )
    layers.load_state_dict({key.removeprefix("features."): state[key].float() for key in own})
    path = Path(weights) if weights is not None else _packaged(kind)
    channels = tuple(_channels(_state(path), i, layers, tap, path) for i, tap in enumerate(taps))
    return Lpips(layers.eval(), taps, channels, f"{kind}, {Path(trunk).name}")


def lpips(
    prediction: UInt8[np.ndarray, "n h w 3"], truth: UInt8[np.ndarray, "n h w 3"], model: Lpips
) -> Score:
    """Mean over frames; 0 for equal pictures."""
    if prediction.shape != truth.shape or not len(truth):
        raise InputError(f"pictures of {prediction.shape} and {truth.shape} cannot be compared one by one")
    found = []
    with torch.inference_mode():
        for first in range(0, len(truth), BATCH):
            pair = [_unit(pictures[first : first + BATCH]) for pictures in (prediction, truth)]
            found.append(model.distances(*pair))
    return Score(float(torch.cat(found).mean()), "LPIPS", "", f"{model.source}; {len(truth)} pictures")


def _unit(pictures: np.ndarray) -> Tensor:
    values = torch.from_numpy(np.ascontiguousarray(pictures)).permute(0, 3, 1, 2).float() / 127.5 - 1.0
    small = min(values.shape[-2:])
    return values if small >= 64 else interpolate(values, scale_factor=64 / small, mode="bilinear")


def _trunk(kind: str) -> tuple[nn.Sequential, tuple[int, ...]]:
    plan, side = TRUNKS[kind]
    layers: list[nn.Module] = []
    taps, given = [], 3
    for step in plan:
        if isinstance(step, tuple):
            made, kernel, stride, padding = step
            layers.append(nn.Conv2d(given, made, kernel, stride, padding))
            given = made
        elif step == "pool":
            layers.append(nn.MaxPool2d(side, 2))
        else:
            layers.append(nn.ReLU())
            taps += [len(layers) - 1] if step == "tap" else []
    return nn.Sequential(*layers), tuple(taps)


def _state(path: PathLike) -> dict[str, Tensor]:
    content = load_torch(existing_file(path, MAX_BYTES))
    if not isinstance(content, dict) or not all(isinstance(value, Tensor) for value in content.values()):
        raise FormatError(path, "is not a state dict of tensors")
    return {str(key): value for key, value in content.items()}


def _channels(state: dict[str, Tensor], i: int, layers: nn.Sequential, tap: int, path: Path) -> Tensor:
    key, before = f"lin{i}.model.1.weight", layers[tap - 1]
    assert isinstance(before, nn.Conv2d)
    shape = (1, before.out_channels, 1, 1)
    if key not in state or tuple(state[key].shape) != shape:
        raise FormatError(path, f"is missing or not of shape {shape}: not LPIPS' weights", field=key)
    return state[key].float()


def _packaged(kind: str) -> Path:
    package = require("torchmetrics", "metrics", "LPIPS' own weights")
    assert package.__file__ is not None
    return Path(package.__file__).parent / "functional" / "image" / "lpips_models" / f"{kind}.pth"
