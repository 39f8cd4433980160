"""A recognizer of any architecture: how it looks at a photo, a trunk and a head."""

from dataclasses import dataclass
from typing import Self

import torch
from torch import nn
from torch.nn import functional


@dataclass(frozen=True)
class View:
    """How a network looks at a photo.

    Attributes:
        input_size: height and width of what it sees, in pixels.
        mean: grey value in [0, 255] that becomes 0.
        scale: grey values per unit.
    """

    input_size: int
    mean: float
    scale: float

    def normalized(self, images: torch.Tensor) -> torch.Tensor:
        """Turn images in [0, 1] into what the network was made for."""
        return (images * 255 - self.mean) / self.scale

    def resized(self, images: torch.Tensor) -> torch.Tensor:
        """Bring images ``[B, 3, H, W]`` to the input size, antialiased and differentiable."""
        size = (self.input_size, self.input_size)
        if images.shape[2:] == size:
            return images
        return functional.interpolate(images, size, mode="bilinear", antialias=True)


class Trunk(nn.Module):
    """A network's view and all its layers up to the features."""

    def __init__(self, layers: nn.Module, view: View) -> None:
        super().__init__()
        self.layers = layers
        self.view = view

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Turn images ``[B, 3, H, W]`` in [0, 1], RGB, into features ``[B, F]``.

        Raises:
            ValueError: if the images have another shape.
        """
        if images.ndim != 4 or images.shape[1] != 3:
            raise ValueError(f"images are [B, 3, H, W], not {list(images.shape)}")
        seen = self.view.normalized(self.view.resized(images))
        features: torch.Tensor = self.layers(seen.contiguous(memory_format=torch.channels_last))
        return features.flatten(1)


class Head(nn.Module):
    """A linear layer, a batch norm and the unit norm: features ``[B, F]`` to ``[B, E]``."""

    def __init__(self, features: int, embedding: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(embedding, features))
        self.norm = nn.BatchNorm1d(embedding, eps=0.001)
        nn.init.kaiming_uniform_(self.weight, a=5**0.5)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Turn features into unit embeddings."""
        projected = functional.linear(features, self.weight)
        return functional.normalize(self.norm(projected).float(), dim=1)


class Network(nn.Module):
    """A recognizer behind the interface of :class:`faceveil.recognition.interface.Recognizer`.

    It learns until it is frozen; from then on it stays in evaluation mode and no parameter requires
    a gradient, so that gradients reach the photos alone.
    """

    def __init__(self, trunk: Trunk, head: nn.Module) -> None:
        super().__init__()
        self.trunk = trunk
        self.head = head
        self._frozen = False
        self.to(memory_format=torch.channels_last)

    def embed(self, images: torch.Tensor) -> torch.Tensor:
        """Turn images ``[B, 3, H, W]`` in [0, 1], RGB, into unit embeddings ``[B, E]``."""
        embeddings: torch.Tensor = self.head(self.trunk(images))
        return embeddings

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Do what :meth:`embed` does."""
        return self.embed(images)

    def freeze(self) -> Self:
        """End all learning, for good."""
        self._frozen = True
        return self.requires_grad_(False).train(False)

    def train(self, mode: bool = True) -> Self:
        """Switch between training and evaluation; a frozen network stays in evaluation mode."""
        return super().train(mode and not self._frozen)
