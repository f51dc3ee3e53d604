"""A residual network of bottlenecks (He et al. 2015) with torchvision's names of its weights, without `fc`.

With the defaults it is ResNet-50, version 1.5: the stride lies in the 3×3 convolution.
"""

from collections.abc import Sequence
from typing import Final

import torch
from jaxtyping import Float
from torch import Tensor, nn

WIDEN: Final = 4  # a bottleneck's output over its inner width
RESNET50: Final = (3, 4, 6, 3)


class Bottleneck(nn.Module):
    """1×1 narrow, 3×3, 1×1 wide, added to what came in."""

    def __init__(self, inputs: int, width: int, stride: int):
        super().__init__()
        outputs = width * WIDEN
        self.conv1 = nn.Conv2d(inputs, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, outputs, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(outputs)
        self.downsample = None
        if stride != 1 or inputs != outputs:
            self.downsample = nn.Sequential(
                nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs)
            )

    def forward(self, x: Tensor) -> Tensor:
        kept = x if self.downsample is None else self.downsample(x)
        x = torch.relu(self.bn1(self.conv1(x)))
        x = torch.relu(self.bn2(self.conv2(x)))
        return torch.relu(self.bn3(self.conv3(x)) + kept)


class ResNet(nn.Module):
    """Pictures to one row of features: a 7×7 stem, four stages, the mean over places."""

    def __init__(self, blocks: Sequence[int] = RESNET50, width: int = 64):
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, 7, 2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.maxpool = nn.MaxPool2d(3, 2, padding=1)
        stages, inputs = [], width
        for number, count in enumerate(blocks):
            inner = width * 2**number
            first = Bottleneck(inputs, inner, 1 if number == 0 else 2)
            inputs = inner * WIDEN
            stages.append(nn.Sequential(first, *(Bottleneck(inputs, inner, 1) for _ in range(count - 1))))
        self.layer1, self.layer2, self.layer3, self.layer4 = stages
        self.features = inputs

    def forward(self, x: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b f"]:
        x = self.maxpool(torch.relu(self.bn1(self.conv1(x))))
        for stage in (self.layer1, self.layer2, self.layer3, self.layer4):
            x = stage(x)
        return x.mean((2, 3))
