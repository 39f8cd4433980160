"""The generator of mask designs: a latent in, a picture out.

It has no batch norm: a design depends on its own latent alone, not on its batch.
"""

from pathlib import Path
from typing import Literal

import torch
from torch import Tensor, nn

from faceveil.params.errors import FaceveilError
from faceveil.store.weights import read_card, read_weights

Distribution = Literal["normal", "uniform"]
WEIGHTS, ARCHITECTURE = "generator.safetensors", "mlp"


class Generator(nn.Module):
    """From latents ``[K, L]``, N(0, 1) or uniform in [0, 1), to designs ``[K, 3, S, S]``."""

    def __init__(
        self, net: nn.Module, latent_size: int, image_size: int, distribution: Distribution
    ) -> None:
        super().__init__()
        self.net = net
        self.latent_size = latent_size
        self.image_size = image_size
        self.distribution = distribution

    def forward(self, latents: Tensor) -> Tensor:
        """Return one design per latent ``[K, L]``, ``[K, 3, S, S]`` in [0, 1]."""
        if latents.ndim != 2 or latents.shape[1] != self.latent_size:
            raise ValueError(f"latents are [K, {self.latent_size}], not {list(latents.shape)}")
        pixels: Tensor = self.net(latents)
        return pixels.view(-1, 3, self.image_size, self.image_size).sigmoid()

    def draw(self, count: int, stream: torch.Generator) -> Tensor:
        """Return latents ``[count, L]`` from a stream of random numbers, on the stream's device."""
        sample = torch.randn if self.distribution == "normal" else torch.rand
        return sample(count, self.latent_size, generator=stream, device=stream.device)


def build_generator(
    latent_size: int, image_size: int, distribution: Distribution = "normal"
) -> Generator:
    """Build an untrained generator; it draws something near grey.

    The published one: latent, 32, 32, 3 * S * S, ReLU between, sigmoid at the end.
    """
    net = nn.Sequential(
        nn.Linear(latent_size, 32),
        nn.ReLU(),
        nn.Linear(32, 32),
        nn.ReLU(),
        nn.Linear(32, 3 * image_size**2),
    )
    return Generator(net, latent_size, image_size, distribution)


def load_generator(directory: Path) -> Generator:
    """Read a trained generator, in eval mode and without gradients."""
    path = directory / WEIGHTS
    card = read_card(path)
    if (found := card.get("architecture")) != ARCHITECTURE:
        raise FaceveilError(f"{path}: generator {found!r} is unknown; allowed: {ARCHITECTURE}")
    generator = build_generator(card["latent_size"], card["image_size"], card["distribution"])
    read_weights(path, generator)
    return generator.eval().requires_grad_(False)
