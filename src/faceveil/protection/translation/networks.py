"""Networks that translate photos, and those that tell translated photos from real ones.

Photos are RGB in [0, 1] outside and centred in [-1, 1] inside. All convolutions are drawn from
N(0, 0.02), as published.
"""

from itertools import pairwise

import torch
from torch import Tensor, nn

from faceveil.params.errors import FaceveilError
from faceveil.params.translation import (
    Discriminator,
    GeneratorSettings,
    Norm,
    ResNetShape,
    Upsampling,
)

INITIAL_SPREAD = 0.02
WIDEST = 8
"""No layer has more than so many times the channels of the first one."""


def norm_layer(norm: Norm, channels: int) -> nn.Module:
    """Return a norm without weights of its own by photo, or one with weights by batch."""
    if norm == "instance":
        return nn.InstanceNorm2d(channels)
    return nn.BatchNorm2d(channels)


def normed(convolution: nn.Module, norm: Norm, channels: int) -> nn.Sequential:
    """Return a convolution with its norm and a ReLU."""
    return nn.Sequential(convolution, norm_layer(norm, channels), nn.ReLU(True))


class ResidualBlock(nn.Module):
    """Two convolutions whose output is added to their input, ``[B, C, H, W]``."""

    def __init__(self, channels: int, norm: Norm) -> None:
        super().__init__()
        bias = norm == "instance"  # a batch norm has one
        self.changed = nn.Sequential(
            nn.ReflectionPad2d(1),
            nn.Conv2d(channels, channels, 3, bias=bias),
            norm_layer(norm, channels),
            nn.ReLU(True),
            nn.ReflectionPad2d(1),
            nn.Conv2d(channels, channels, 3, bias=bias),
            norm_layer(norm, channels),
        )

    def forward(self, values: Tensor) -> Tensor:
        """Return as many values."""
        return values + self.changed(values)  # type: ignore[no-any-return]


def upsampled(channels: int, fewer: int, norm: Norm, how: Upsampling) -> nn.Sequential:
    """Return a layer that doubles the side."""
    bias = norm == "instance"
    if how == "transposed":
        up: nn.Module = nn.ConvTranspose2d(
            channels, fewer, 3, stride=2, padding=1, output_padding=1, bias=bias
        )
    else:
        up = nn.Sequential(
            nn.Upsample(scale_factor=2),
            nn.ReflectionPad2d(1),
            nn.Conv2d(channels, fewer, 3, bias=bias),
        )
    return normed(up, norm, fewer)


class ResNetTrunk(nn.Sequential):
    """c7s1-C, d2C, d4C, R4C times the blocks, u2C, uC, c7s1-outputs."""

    def __init__(self, settings: ResNetShape, inputs: int, outputs: int) -> None:
        norm, bias = settings.norm, settings.norm == "instance"
        widths = [settings.channels * factor for factor in (1, 2, 4)]
        first = nn.Conv2d(inputs, widths[0], 7, bias=bias)
        layers: list[nn.Module] = [nn.ReflectionPad2d(3), normed(first, norm, widths[0])]
        for few, many in pairwise(widths):
            down = nn.Conv2d(few, many, 3, stride=2, padding=1, bias=bias)
            layers.append(normed(down, norm, many))
        layers += [ResidualBlock(widths[-1], norm) for _ in range(settings.blocks)]
        for many, few in pairwise(reversed(widths)):
            layers.append(upsampled(many, few, norm, settings.upsampling))
        super().__init__(*layers, nn.ReflectionPad2d(3), nn.Conv2d(widths[0], outputs, 7))


class UNetTrunk(nn.Module):
    """Halved by strided convolutions, then doubled, each time with what was there on the way down.

    After O. Ronneberger et al. (2015) and P. Isola et al. (2017).
    """

    def __init__(self, settings: "GeneratorSettings", inputs: int, outputs: int) -> None:
        super().__init__()
        assert settings.architecture == "unet"
        norm, bias = settings.norm, settings.norm == "instance"
        widths = [settings.channels * min(2**depth, WIDEST) for depth in range(settings.depth + 1)]
        first = nn.Conv2d(inputs, widths[0], 3, padding=1, bias=bias)
        self.down = nn.ModuleList([normed(first, norm, widths[0])])
        for few, many in pairwise(widths):
            down = nn.Conv2d(few, many, 4, stride=2, padding=1, bias=bias)
            self.down.append(normed(down, norm, many))
        self.up, self.joined = nn.ModuleList(), nn.ModuleList()
        for many, few in pairwise(reversed(widths)):
            self.up.append(upsampled(many, few, norm, settings.upsampling))
            both = nn.Conv2d(2 * few, few, 3, padding=1, bias=bias)
            self.joined.append(normed(both, norm, few))
        self.last = nn.Conv2d(widths[0], outputs, 3, padding=1)

    def forward(self, values: Tensor) -> Tensor:
        """Return as many pixels as there are."""
        beside = []
        for layer in self.down:
            values = layer(values)
            beside.append(values)
        beside.pop()
        for up, joined in zip(self.up, self.joined, strict=True):
            values = joined(torch.cat([up(values), beside.pop()], 1))
        found: Tensor = self.last(values)
        return found


class PhotoGenerator(nn.Module):
    """From photos, and what else is known of each pixel, to values of each pixel.

    Attributes:
        settings: its architecture.
        divisor: sides of photos are multiples of it.
    """

    def __init__(self, settings: GeneratorSettings, inputs: int = 3, outputs: int = 3) -> None:
        super().__init__()
        self.settings = settings
        self.divisor = 4 if settings.architecture == "resnet" else 2**settings.depth
        kind = ResNetTrunk if settings.architecture == "resnet" else UNetTrunk
        trunk = initialised(kind(settings, inputs, outputs))  # type: ignore[arg-type]
        # Channels last is the faster layout on a CPU if channels are few. In it PyTorch 2.15 has
        # wrong gradients of one photo where a transposed convolution follows a residual block.
        transposed = settings.upsampling == "transposed"
        self._layout = torch.contiguous_format if transposed else torch.channels_last
        self.trunk = trunk.to(memory_format=self._layout)

    def forward(self, values: Tensor) -> Tensor:
        """Return ``[B, outputs, S, S]``, not bounded, of ``[B, inputs, S, S]`` in [0, 1].

        Raises:
            FaceveilError: if a side is no multiple of :attr:`divisor`.
        """
        if values.shape[-1] % self.divisor or values.shape[-2] % self.divisor:
            kind, (height, width) = self.settings.architecture, values.shape[-2:]
            raise FaceveilError(
                f"photos of {height} x {width} pixels: a {kind} generator needs multiples of "
                f"{self.divisor}; change curate.image_size, or the depth of the generator"
            )
        found: Tensor = self.trunk(values.contiguous(memory_format=self._layout) * 2 - 1)
        return found


def translated(values: Tensor) -> Tensor:
    """Return photos in [0, 1] of what a generator gives for three channels."""
    return (torch.tanh(values) + 1) / 2


class PatchGan(nn.Module):
    """Says of each patch of a photo how real it looks, as logits."""

    def __init__(self, settings: Discriminator) -> None:
        super().__init__()
        norm, bias = settings.norm, settings.norm == "instance"
        widths = [settings.channels * min(2**layer, WIDEST) for layer in range(settings.layers + 1)]
        layers: list[nn.Module] = [
            nn.Conv2d(3, widths[0], 4, stride=2, padding=1),
            nn.LeakyReLU(0.2, True),
        ]
        for number, (few, many) in enumerate(pairwise(widths), start=1):
            stride = 2 if number < settings.layers else 1
            layers += [
                nn.Conv2d(few, many, 4, stride=stride, padding=1, bias=bias),
                norm_layer(norm, many),
                nn.LeakyReLU(0.2, True),
            ]
        layers.append(nn.Conv2d(widths[-1], 1, 4, padding=1))
        self.net = initialised(nn.Sequential(*layers)).to(memory_format=torch.channels_last)

    def forward(self, photos: Tensor) -> Tensor:
        """Return ``[B, 1, h, w]`` of photos ``[B, 3, S, S]`` in [0, 1]."""
        found: Tensor = self.net(photos.contiguous(memory_format=torch.channels_last) * 2 - 1)
        return found


def initialised(network: nn.Module) -> nn.Module:
    """Draw all weights anew from N(0, 0.02), those of batch norms around 1; biases are 0."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d | nn.BatchNorm2d):
            mean = 1.0 if isinstance(module, nn.BatchNorm2d) else 0.0
            nn.init.normal_(module.weight, mean, INITIAL_SPREAD)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
    return network
