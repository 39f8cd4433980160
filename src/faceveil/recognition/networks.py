"""The networks that recognizers have: how they look at a photo, a trunk and a head."""

import importlib
from dataclasses import dataclass
from typing import Any, Self

import torch
from facenet_pytorch.models.inception_resnet_v1 import InceptionResnetV1
from torch import nn
from torch.nn import functional

from faceveil.recognition import inception, mobilefacenet

EMBEDDING = 128
"""Numbers per embedding of the small networks that are trained here."""

RESNET_FEATURES = 512


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
        # In training, photos come as large as the step wants them.
        seen = self.view.normalized(images if self.training else self.view.resized(images))
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
    """A trunk and the head on top of it.

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


def build_network(architecture: str, view: View) -> Network:
    """Return an untrained network.

    Args:
        architecture: ``inception_resnet_v1``, ``resnet18`` or ``mobilefacenet``.
        view: how it looks at a photo.
    """
    if architecture == "inception_resnet_v1":
        # no dropout: the published 0.6 is for millions of photos, and here it only slows learning
        return inception_network(InceptionResnetV1(pretrained=None, dropout_prob=0), view)
    if architecture == "resnet18":
        # K. He et al., "Deep residual learning for image recognition" (2016), less its classifier.
        models: Any = importlib.import_module("torchvision.models")
        network = models.resnet18(weights=None)
        network.fc = nn.Identity()
        return Network(Trunk(network, view), Head(RESNET_FEATURES, EMBEDDING))
    layers = mobilefacenet.mobilefacenet_layers(view.input_size)
    return Network(Trunk(layers, view), Head(mobilefacenet.FEATURES, EMBEDDING))


def inception_network(network: InceptionResnetV1, view: View) -> Network:
    """Return FaceNet as a trunk and a head; it shares the weights' memory."""
    head = Head(inception.FEATURES, inception.EMBEDDING)
    head.weight.data = network.last_linear.weight.data
    head.norm.load_state_dict(network.last_bn.state_dict())
    return Network(Trunk(inception.trunk_layers(network), view), head)
