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


class Freezable(nn.Module):
    """A module that learns until it is frozen; it stays in evaluation mode from then on."""

    _frozen = False

    def freeze(self) -> Self:
        """End all learning: no parameter requires a gradient, statistics of batch norms stay."""
        for module in self.modules():
            if isinstance(module, Freezable):
                module._frozen = True
        return self.requires_grad_(False).train(False)

    def train(self, mode: bool = True) -> Self:
        """Switch between training and evaluation; what is frozen stays in evaluation mode."""
        return super().train(mode and not self._frozen)


class Trunk(Freezable):
    """A network's view and all its layers up to the features."""

    def __init__(self, layers: nn.Module, view: View, smallest: int = 1) -> None:
        """Take the layers.

        Args:
            layers: from normalized images ``[B, 3, H, W]`` to features ``[B, F]`` or
                ``[B, F, 1, 1]``.
            view: how images are resized and normalized.
            smallest: least height and width, in pixels, that the layers leave something of.
        """
        super().__init__()
        self.layers = layers
        self.view = view
        self.smallest = smallest

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Turn images ``[B, 3, H, W]`` in [0, 1], RGB, of any size into features ``[B, F]``."""
        self._refuse_other_shapes(images, 1)
        return self.as_they_are(self.view.resized(images))

    def as_they_are(self, images: torch.Tensor) -> torch.Tensor:
        """Do what :meth:`forward` does, without resizing.

        Raises:
            ValueError: if the images have another shape or are too small.
        """
        self._refuse_other_shapes(images, self.smallest)
        seen = self.view.normalized(images).contiguous(memory_format=torch.channels_last)
        features: torch.Tensor = self.layers(seen)
        return features.flatten(1)

    @staticmethod
    def _refuse_other_shapes(images: torch.Tensor, smallest: int) -> None:
        if images.ndim != 4 or images.shape[1] != 3 or min(images.shape[2:]) < smallest:
            found = list(images.shape)
            raise ValueError(
                f"images are [B, 3, H, W] with at least {smallest} pixels, not {found}"
            )


class Head(Freezable):
    """A linear layer, a batch norm and the unit norm: features ``[B, F]`` to ``[B, E]``.

    Attributes:
        weight: ``[E, F]``; where a trained recognizer learns again, the only parameter that may.
        norm: batch norm, with fixed statistics, scale and shift from then on.
    """

    def __init__(self, features: int, embedding: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(embedding, features))
        self.norm = nn.BatchNorm1d(embedding, eps=0.001)
        nn.init.kaiming_uniform_(self.weight, a=5**0.5)

    @property
    def sizes(self) -> tuple[int, int]:
        """F and E."""
        embedding, features = self.weight.shape
        return features, embedding

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Turn features into unit embeddings.

        Raises:
            ValueError: if the features have another shape.
        """
        wanted = self.weight.shape[1]
        if features.ndim != 2 or features.shape[1] != wanted:
            raise ValueError(f"features are [B, {wanted}], not {list(features.shape)}")
        projected = functional.linear(features, self.weight)
        return functional.normalize(self.norm(projected).float(), dim=1)


class UnitNorm(Freezable):
    """The head of a network whose trunk ends with its last linear layer: there is nothing to learn.

    Attributes:
        sizes: F and E, which are one number here.
    """

    def __init__(self, embedding: int) -> None:
        super().__init__()
        self.sizes = (embedding, embedding)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Turn features ``[B, E]`` into unit embeddings ``[B, E]``."""
        return functional.normalize(features, dim=1)


class Network(Freezable):
    """A trunk and a head; once frozen, gradients reach the photos alone."""

    def __init__(self, trunk: Trunk, head: Head | UnitNorm) -> None:
        super().__init__()
        self.trunk = trunk
        self.head = head
        self.to(memory_format=torch.channels_last)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Turn images ``[B, 3, H, W]`` in [0, 1], RGB, into unit embeddings ``[B, E]``."""
        embeddings: torch.Tensor = self.head(self.trunk(images))
        return embeddings
