"""FaceNet's network, facenet-pytorch's InceptionResnetV1: its layers, and published weights of it.

F. Schroff, D. Kalenichenko, J. Philbin, "FaceNet: A unified embedding for face recognition and
clustering" (2015); the network is C. Szegedy et al., "Inception-v4, Inception-ResNet and the impact
of residual connections on learning" (2016).
"""

import pickle
from collections import OrderedDict
from pathlib import Path
from urllib.error import URLError

import torch
from facenet_pytorch.models.inception_resnet_v1 import (
    BasicConv2d,
    InceptionResnetV1,
    get_torch_home,
)
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from faceveil.params.errors import FaceveilError

FEATURES, EMBEDDING = 1792, 512
"""Numbers of a trunk feature and of an embedding."""

PUBLISHED = {
    "vggface2": "20180402-114759-vggface2.pt",
    "casia-webface": "20180408-102900-casia-webface.pt",
}
"""facenet-pytorch's published checkpoints, by the name of their training set."""

UNREADABLE = (SafetensorError, pickle.UnpicklingError, RuntimeError, EOFError)
"""What the two formats' readers raise for files that are none of theirs."""


def trunk_layers(network: InceptionResnetV1) -> nn.Sequential:
    """Return all layers up to the pooled features, ``[B, 3, H, W]`` to ``[B, 1792, 1, 1]``."""
    layers = OrderedDict[str, nn.Module]()
    for name, layer in network.named_children():
        layers[name] = layer
        if name == "avgpool_1a":
            break
    return nn.Sequential(layers)


def fold_batch_norms(layers: nn.Module) -> None:
    """Put every batch norm into the convolution before it: the same function, a sixth faster.

    Features stay the same to about 1e-5 of their size. The state is another one then: what is
    saved is never folded.
    """
    for layer in layers.modules():
        if isinstance(layer, BasicConv2d):
            layer.conv = fuse_conv_bn_eval(layer.conv, layer.bn)
            layer.bn = nn.Identity()
            layer.relu.inplace = True
    layers.requires_grad_(False).to(memory_format=torch.channels_last)


def published_path(weights: str, key: str) -> Path:
    """Return the file that ``weights`` names, after facenet-pytorch's own download if need be.

    Args:
        weights: ``vggface2``, ``casia-webface``, or the path of a ``.safetensors`` file with
            facenet-pytorch's state-dict names or of a published ``.pt`` checkpoint.
        key: of params.yaml that says so, for messages.

    Raises:
        FaceveilError: if the file is missing or cannot be downloaded.
    """
    path = _downloaded(weights, key) if weights in PUBLISHED else Path(weights)
    if not path.is_file():
        allowed = ", ".join(("scratch", *PUBLISHED))
        raise FaceveilError(
            f"{key}: no file {weights!r}; "
            f"allowed: {allowed}, or the path of a .safetensors or published .pt file"
        )
    return path


def read_inception(path: Path) -> InceptionResnetV1:
    """Return the network with a file's weights, in float32, less its training classifier.

    Raises:
        FaceveilError: if the file cannot be read or fits another network.
    """
    network = InceptionResnetV1(pretrained=None)
    try:
        state = _state(path)
        network.load_state_dict({n: v for n, v in state.items() if not n.startswith("logits.")})
    except (*UNREADABLE, AttributeError, TypeError) as error:
        reason = " ".join(str(error).split())[:200]
        raise FaceveilError(
            f"{path}: no weights of InceptionResnetV1; delete it or name another file ({reason})"
        ) from None
    return network


def _state(path: Path) -> dict[str, torch.Tensor]:
    """Read the tensors of a file of either format; nothing but tensors is ever unpickled."""
    state: dict[str, torch.Tensor]
    if path.suffix == ".safetensors":
        state = load_file(path)
    elif path.suffix == ".pt":
        state = torch.load(path, map_location="cpu", weights_only=True)
    else:
        raise FaceveilError(f"{path}: weights are .safetensors or a published .pt, not this")
    return state


def _downloaded(name: str, key: str) -> Path:
    """Return the path of a published checkpoint, after facenet-pytorch's own download."""
    path = Path(get_torch_home()) / "checkpoints" / PUBLISHED[name]
    if not path.is_file():
        try:
            InceptionResnetV1(pretrained=name)
        except (URLError, ConnectionError, TimeoutError) as error:
            raise FaceveilError(
                f"{key}: {name} cannot be downloaded ({error}); put "
                f"{PUBLISHED[name]} of facenet-pytorch's release v2.2.9 at {path}"
            ) from None
    return path
