"""The networks that other recognizers can have, by the name that params.yaml and cards use."""

import importlib
from collections.abc import Callable
from typing import Any

from torch import nn

from faceveil.params.errors import FaceveilError
from faceveil.recognition import facenet, mobilefacenet
from faceveil.recognition.network import Head, Network, Trunk, View

EMBEDDING = 128
"""Numbers per embedding of the networks that are trained here."""

RESNET_FEATURES = 512


def build_network(architecture: str, view: View) -> Network:
    """Return an untrained network.

    Args:
        architecture: ``mobilefacenet``, ``resnet18`` or ``facenet``.
        view: how it looks at a photo.

    Raises:
        FaceveilError: if there is no such architecture.
    """
    if architecture not in BUILDERS:
        allowed = ", ".join(BUILDERS)
        raise FaceveilError(f"no architecture {architecture!r}; allowed: {allowed}")
    return BUILDERS[architecture](view)


def facenet_network(recognizer: facenet.FaceNet, view: View) -> Network:
    """Return a FaceNet that looks at photos of a size of its own; it shares the weights' memory."""
    return Network(Trunk(recognizer.trunk.layers, view), recognizer.head)


def _mobilefacenet(view: View) -> Network:
    layers = mobilefacenet.mobilefacenet_layers(view.input_size)
    return Network(Trunk(layers, view), Head(mobilefacenet.FEATURES, EMBEDDING))


def _resnet18(view: View) -> Network:
    """K. He et al., "Deep residual learning for image recognition" (2016), less its classifier."""
    models: Any = importlib.import_module("torchvision.models")  # a second, with torch's compiler
    network = models.resnet18(weights=None)
    network.fc = nn.Identity()
    return Network(Trunk(network, view), Head(RESNET_FEATURES, EMBEDDING))


def _facenet(view: View) -> Network:
    return facenet_network(facenet.FaceNet(), view)


BUILDERS: dict[str, Callable[[View], Network]] = {
    "mobilefacenet": _mobilefacenet,
    "resnet18": _resnet18,
    "facenet": _facenet,
}
"""A builder for each architecture."""
