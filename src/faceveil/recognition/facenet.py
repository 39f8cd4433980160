"""FaceNet (facenet-pytorch's InceptionResnetV1), split into a frozen trunk and a head.

F. Schroff, D. Kalenichenko, J. Philbin, "FaceNet: A unified embedding for face recognition and
clustering" (2015); the network is C. Szegedy et al., "Inception-v4, Inception-ResNet and the impact
of residual connections on learning" (2016).
"""

from collections import OrderedDict
from typing import Self

import torch
from torch import nn
from torch.nn import functional
from torch.nn.utils.fusion import fuse_conv_bn_eval

from faceveil.recognition.inception import BasicConv2d, InceptionResnetV1
from faceveil.store.embeddings import EMBEDDING, FEATURES

SMALLEST = 75
"""Smallest height and width, in pixels, that the trunk's strides leave something of."""


class Trunk(nn.Module):
    """All of InceptionResnetV1 up to its pooled features; never learns, never in training mode."""

    def __init__(self, network: InceptionResnetV1) -> None:
        super().__init__()
        layers = OrderedDict[str, nn.Module]()
        for name, layer in network.named_children():
            layers[name] = layer
            if name == "avgpool_1a":
                break
        self.layers = nn.Sequential(layers)
        self.requires_grad_(False).train(False)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Turn images ``[B, 3, H, W]`` in [0, 1], RGB, into features ``[B, 1792]``.

        Raises:
            ValueError: if the images have another shape or are smaller than 75 pixels.
        """
        if images.ndim != 4 or images.shape[1] != 3 or min(images.shape[2:]) < SMALLEST:
            found = list(images.shape)
            raise ValueError(f"images are [B, 3, H, W] with at least 75 pixels, not {found}")
        features: torch.Tensor = self.layers(_normalized(images))
        return features.flatten(1)

    def train(self, mode: bool = True) -> Self:  # noqa: ARG002
        """Stay in evaluation mode: a frozen trunk keeps its batch-norm statistics."""
        return super().train(False)


class TrunkStart(nn.Module):
    """A trunk up to its last block: images ``[B, 3, H, W]`` to maps ``[B, 1792, h, w]``."""

    def __init__(self, layers: nn.Sequential) -> None:
        super().__init__()
        self.layers = layers
        self.requires_grad_(False).train(False)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Turn images into the maps that the last block sees."""
        maps: torch.Tensor = self.layers(_normalized(images))
        return maps

    def train(self, mode: bool = True) -> Self:  # noqa: ARG002
        """Stay in evaluation mode, as the trunk does."""
        return super().train(False)


class LastBlock(nn.Module):
    """A trunk's last block and the pooling: maps ``[B, 1792, h, w]`` to features ``[B, 1792]``."""

    def __init__(self, layers: nn.Sequential) -> None:
        super().__init__()
        self.layers = layers
        self.train(False)

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        """Turn maps into features."""
        features: torch.Tensor = self.layers(maps)
        return features.flatten(1)

    def train(self, mode: bool = True) -> Self:  # noqa: ARG002
        """Stay in evaluation mode: its weights may learn, its batch-norm statistics never."""
        return super().train(False)


def split_trunk(trunk: Trunk) -> tuple[TrunkStart, LastBlock]:
    """Return a trunk as two parts, whose composition it is; they share its weights' memory.

    The second part is ``block8``, the last Inception-ResNet block, with the pooling after it.
    """
    cut = [name for name, _ in trunk.layers.named_children()].index("block8")
    return TrunkStart(trunk.layers[:cut]), LastBlock(trunk.layers[cut:])


def fold_batch_norms(trunk: Trunk) -> None:
    """Put every batch norm into the convolution before it: the same function, a sixth faster.

    Features stay the same to about 1e-5 of their size. The state is another one then: what is
    saved is never folded.
    """
    for layer in trunk.modules():
        if isinstance(layer, BasicConv2d):
            layer.conv = fuse_conv_bn_eval(layer.conv, layer.bn)
            layer.bn = nn.Identity()
            layer.relu.inplace = True
    trunk.requires_grad_(False).to(memory_format=torch.channels_last)


def _normalized(images: torch.Tensor) -> torch.Tensor:
    """Return images in [0, 1] as facenet-pytorch's weights expect them."""
    return ((images * 255 - 127.5) / 128).contiguous(memory_format=torch.channels_last)


class Head(nn.Module):
    """The last linear layer, a frozen batch norm and the unit norm.

    Attributes:
        weight: ``[512, 1792]``, the only parameter of a recognizer that may learn.
        norm: batch norm with fixed statistics, scale and shift.
    """

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(EMBEDDING, FEATURES))
        self.norm = nn.BatchNorm1d(EMBEDDING, eps=0.001)
        nn.init.kaiming_uniform_(self.weight, a=5**0.5)
        self.norm.requires_grad_(False)
        self.train(False)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Turn features ``[B, 1792]`` into unit embeddings ``[B, 512]``.

        Raises:
            ValueError: if the features have another shape.
        """
        if features.ndim != 2 or features.shape[1] != FEATURES:
            raise ValueError(f"features are [B, {FEATURES}], not {list(features.shape)}")
        return functional.normalize(self.norm(functional.linear(features, self.weight)), dim=1)

    def train(self, mode: bool = True) -> Self:  # noqa: ARG002
        """Stay in evaluation mode: the batch norm's statistics are part of the recognizer."""
        return super().train(False)


class FaceNet(nn.Module):
    """FaceNet behind the interface of :class:`faceveil.recognition.interface.Recognizer`.

    It starts with the weights of ``network``, or with random ones, and shares their memory. Only
    ``head.weight`` requires a gradient.
    """

    def __init__(self, network: InceptionResnetV1 | None = None) -> None:
        super().__init__()
        network = network or InceptionResnetV1(pretrained=None)
        self.trunk = Trunk(network)
        self.head = Head()
        self.head.weight.data = network.last_linear.weight.data
        self.head.norm.load_state_dict(network.last_bn.state_dict())
        self.to(memory_format=torch.channels_last)
        self.train(False)

    def embed(self, images: torch.Tensor) -> torch.Tensor:
        """Turn images ``[B, 3, H, W]`` in [0, 1], RGB, into unit embeddings ``[B, 512]``."""
        embeddings: torch.Tensor = self.head(self.trunk(images))
        return embeddings

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Do what :meth:`embed` does."""
        return self.embed(images)
