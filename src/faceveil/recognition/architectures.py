"""The networks that recognizers can have, by the name that params.yaml and cards use."""

import importlib
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import torch
from facenet_pytorch.models.inception_resnet_v1 import BasicConv2d, InceptionResnetV1
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from faceveil.params.errors import FaceveilError
from faceveil.recognition import dlib_resnet, mobilefacenet, sface
from faceveil.recognition.network import Head, Network, Trunk, UnitNorm, View

EMBEDDING = 128
"""Numbers per embedding of the small networks."""

RESNET_FEATURES = 512

INCEPTION_FEATURES, INCEPTION_EMBEDDING = 1792, 512

SMALLEST_INCEPTION = 75
"""Smallest height and width, in pixels, that InceptionResnetV1's strides leave something of."""


def build_network(architecture: str, view: View) -> Network:
    """Return an untrained network.

    Args:
        architecture: one of :data:`BUILDERS`.
        view: how it looks at a photo.

    Raises:
        FaceveilError: if there is no such architecture.
    """
    if architecture not in BUILDERS:
        allowed = ", ".join(BUILDERS)
        raise FaceveilError(f"no architecture {architecture!r}; allowed: {allowed}")
    return BUILDERS[architecture](view)


def facenet(network: InceptionResnetV1, view: View) -> Network:
    """Return facenet-pytorch's InceptionResnetV1 as trunk and head; they share its memory.

    F. Schroff, D. Kalenichenko, J. Philbin, "FaceNet: A unified embedding for face recognition and
    clustering" (2015); the network is C. Szegedy et al., "Inception-v4, Inception-ResNet and the
    impact of residual connections on learning" (2016).
    """
    layers = OrderedDict[str, nn.Module]()
    for name, layer in network.named_children():
        layers[name] = layer
        if name == "avgpool_1a":
            break
    trunk = Trunk(nn.Sequential(layers), view, SMALLEST_INCEPTION)
    with torch.random.fork_rng(devices=[]):  # weights that the network's own replace at once
        head = Head(INCEPTION_FEATURES, INCEPTION_EMBEDDING)
    head.weight = network.last_linear.weight
    head.norm = network.last_bn
    return Network(trunk, head)


def whole_network(layers: nn.Module, embedding: int, view: View) -> Network:
    """Return a network that learns no more: its features are its embeddings before the unit norm.

    Args:
        layers: from photos of the view's size to ``[B, E]``.
        embedding: E.
        view: how it looks at a photo.
    """
    return Network(Trunk(layers, view, view.input_size), UnitNorm(embedding))


def fold_batch_norms(trunk: Trunk) -> None:
    """Put every batch norm of a frozen trunk into the convolution before it.

    The same function, a sixth faster: features stay the same to about 1e-5 of their size. The
    state is another one then: what is saved is never folded. Only InceptionResnetV1 is changed.
    """
    for layer in trunk.modules():
        if isinstance(layer, BasicConv2d):
            layer.conv = fuse_conv_bn_eval(layer.conv, layer.bn)
            layer.bn = nn.Identity()
            layer.relu.inplace = True
    trunk.requires_grad_(False).to(memory_format=torch.channels_last)


def _inception(view: View) -> Network:
    """No dropout: the published 0.6 is for millions of photos, and here it only slows learning."""
    return facenet(InceptionResnetV1(pretrained=None, dropout_prob=0), view)


def _mobilefacenet(view: View) -> Network:
    layers = mobilefacenet.mobilefacenet_layers(view.input_size)
    return Network(Trunk(layers, view), Head(mobilefacenet.FEATURES, EMBEDDING))


def _resnet18(view: View) -> Network:
    """K. He et al., "Deep residual learning for image recognition" (2016), less its classifier."""
    models: Any = importlib.import_module("torchvision.models")  # a second, with torch's compiler
    network = models.resnet18(weights=None)
    network.fc = nn.Identity()
    return Network(Trunk(network, view), Head(RESNET_FEATURES, EMBEDDING))


def _sface(view: View) -> Network:
    return whole_network(sface.sface_layers(), sface.EMBEDDING, view)


def _dlib(view: View) -> Network:
    return whole_network(dlib_resnet.dlib_layers(), dlib_resnet.EMBEDDING, view)


BUILDERS: dict[str, Callable[[View], Network]] = {
    "inception_resnet_v1": _inception,
    "resnet18": _resnet18,
    "mobilefacenet": _mobilefacenet,
    "sface": _sface,
    "dlib_resnet29": _dlib,
}
"""A builder for each architecture."""
