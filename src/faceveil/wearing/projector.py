"""Projectors: networks that see where a photo's mask is, as a transparency."""

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from faceveil.params.errors import FaceveilError
from faceveil.store.weights import read_card, read_weights

WEIGHTS = "projector.safetensors"

PLAIN_CHANNELS = (3, 6, 12, 18, 24, 1)
UNET_CHANNELS = (8, 16, 32, 48, 64)
"""Channels per resolution; the last one sees the photo at a sixteenth of its side."""


class Projector(nn.Module):
    """A network from photos to the transparency of the masks in them."""

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        # With few channels this memory layout halves the time of a step on a CPU.
        # From centred photos in [-0.5, 0.5] to logits [B, 1, S, S].
        self.net = net.to(memory_format=torch.channels_last)

    def forward(self, images: Tensor) -> Tensor:
        """Return where the masks are: ``[B, 1, S, S]`` in [0, 1], 1 where a mask covers all.

        Photos are RGB, ``[B, 3, S, S]`` in [0, 1]; ``S`` is a multiple of 16.
        """
        if images.ndim != 4 or images.shape[1] != 3 or any(side % 16 for side in images.shape[2:]):
            raise ValueError(f"photos are [B, 3, 16 n, 16 m], not {list(images.shape)}")
        # Centred as in the published code: on photos in [0, 1] the plain network often dies, all
        # of its output pulled to 0 by the background before it has found the mask.
        logits: Tensor = self.net(images.contiguous(memory_format=torch.channels_last) - 0.5)
        return logits.sigmoid()


class UNet(nn.Module):
    """Down to a sixteenth and up again with skips, so that each pixel sees the whole face.

    After O. Ronneberger et al., "U-Net: Convolutional Networks for Biomedical Image Segmentation"
    (2015), padded and with batch norm; nearest-neighbour upsampling leaves no checkerboard.
    """

    def __init__(self, channels: tuple[int, ...] = UNET_CHANNELS) -> None:
        super().__init__()
        self.down = nn.ModuleList(_block(*pair) for pair in pairwise((3, *channels)))
        self.up = nn.ModuleList(
            _block(below + beside, beside) for beside, below in reversed(list(pairwise(channels)))
        )
        self.last = nn.Conv2d(channels[0], 1, 1)

    def forward(self, images: Tensor) -> Tensor:
        """Return logits ``[B, 1, S, S]`` of photos ``[B, 3, S, S]``."""
        first, *deeper = self.down
        skips = [first(images)]
        for block in deeper:
            skips.append(block(F.max_pool2d(skips[-1], 2)))
        seen = skips.pop()
        for block in self.up:
            seen = block(torch.cat([F.interpolate(seen, scale_factor=2.0), skips.pop()], 1))
        logits: Tensor = self.last(seen)
        return logits


def build_projector(architecture: str) -> Projector:
    """Build an untrained projector: ``plain`` (published) or ``unet``.

    Its weights come from PyTorch's global random stream.
    """
    return Projector(ARCHITECTURES[architecture]())


def load_projector(directory: Path) -> Projector:
    """Read a trained projector, in eval mode and without gradients of its weights."""
    path = directory / WEIGHTS
    architecture = read_card(path).get("architecture")
    if architecture not in ARCHITECTURES:
        allowed = ", ".join(ARCHITECTURES)
        raise FaceveilError(f"{path}: projector {architecture!r} is unknown; allowed: {allowed}")
    projector = build_projector(architecture)
    read_weights(path, projector)
    return projector.eval().requires_grad_(False)


def _plain() -> nn.Module:
    """The published one: five 3x3 convolutions, ReLU between, sigmoid at the end.

    Each output pixel sees 11 x 11 pixels of the photo: colour and edge, but no face.
    """
    layers: list[nn.Module] = []
    for inputs, outputs in pairwise(PLAIN_CHANNELS):
        convolution = nn.Conv2d(inputs, outputs, 3, padding=1)
        nn.init.kaiming_normal_(convolution.weight, nonlinearity="relu")
        layers += [convolution, nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def _block(inputs: int, outputs: int) -> nn.Module:
    """Two 3x3 convolutions, each with batch norm and ReLU."""
    layers: list[nn.Module] = []
    for channels in (inputs, outputs):
        layers += [
            nn.Conv2d(channels, outputs, 3, padding=1, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(),
        ]
    return nn.Sequential(*layers)


ARCHITECTURES: dict[str, Callable[[], nn.Module]] = {"plain": _plain, "unet": UNet}
"""The projectors by name."""
