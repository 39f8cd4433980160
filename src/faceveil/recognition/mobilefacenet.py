"""MobileFaceNet: a small recognizer of depthwise convolutions, unlike FaceNet in every layer.

S. Chen, Y. Liu, X. Gao, Z. Han, "MobileFaceNets: Efficient CNNs for accurate real-time face
verification on mobile devices" (2018), table 1. What sets it apart from other small networks is the
end: a depthwise convolution as large as the last map weighs each place of the face by itself,
instead of averaging over all of them.
"""

from typing import cast

import torch
from torch import nn

FEATURES = 512
"""Numbers per photo before the head."""

WIDTH = 64
"""Channels of the first layers."""

STAGES = ((2, 64, 5, 2), (4, 128, 1, 2), (2, 128, 6, 1), (4, 128, 1, 2), (2, 128, 2, 1))
"""Of each row of bottlenecks: expansion, channels, repetitions and the first one's stride."""

STRIDE = 16
"""Pixels of the photo per place of the last map."""


class Bottleneck(nn.Module):
    """Widen, convolve each channel by itself, narrow without an activation.

    M. Sandler et al., "MobileNetV2: Inverted residuals and linear bottlenecks" (2018).
    """

    def __init__(self, inside: int, outside: int, expansion: int, stride: int) -> None:
        super().__init__()
        wide = inside * expansion
        self.layers = nn.Sequential(
            convolution(inside, wide, 1),
            convolution(wide, wide, 3, stride, groups=wide),
            convolution(wide, outside, 1, active=False),
        )
        self.adds = stride == 1 and inside == outside

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        """Turn maps ``[B, C, h, w]`` into maps, added to what came in where the shapes agree."""
        changed = cast("torch.Tensor", self.layers(maps))
        return maps + changed if self.adds else changed


def mobilefacenet_layers(input_size: int) -> nn.Sequential:
    """Return the layers from normalized photos ``[B, 3, S, S]`` to features ``[B, 512, 1, 1]``.

    Args:
        input_size: S, a multiple of 16 pixels.
    """
    layers: list[nn.Module] = [
        convolution(3, WIDTH, 3, stride=2),
        convolution(WIDTH, WIDTH, 3, groups=WIDTH),
    ]
    channels = WIDTH
    for expansion, outside, repetitions, first_stride in STAGES:
        for number in range(repetitions):
            stride = first_stride if number == 0 else 1
            layers.append(Bottleneck(channels, outside, expansion, stride))
            channels = outside
    layers.append(convolution(channels, FEATURES, 1))
    whole = input_size // STRIDE
    weighed = nn.Conv2d(FEATURES, FEATURES, whole, groups=FEATURES, bias=False)
    return nn.Sequential(*layers, weighed, nn.BatchNorm2d(FEATURES))


def convolution(
    inside: int, outside: int, kernel: int, stride: int = 1, groups: int = 1, active: bool = True
) -> nn.Sequential:
    """Return a convolution with batch norm and, if ``active``, PReLU."""
    layers: list[nn.Module] = [
        nn.Conv2d(inside, outside, kernel, stride, kernel // 2, groups=groups, bias=False),
        nn.BatchNorm2d(outside),
    ]
    return nn.Sequential(*layers, nn.PReLU(outside)) if active else nn.Sequential(*layers)
