"""Where a recognizer's given weights come from: facenet-pytorch's own download, or a file."""

import pickle
from pathlib import Path
from urllib.error import URLError

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file

from faceveil.params.errors import FaceveilError
from faceveil.recognition.facenet import FaceNet
from faceveil.recognition.inception import InceptionResnetV1, get_torch_home
from faceveil.store.weights import Card, fingerprint

SCRATCH = "scratch"
"""The origin of a recognizer that is trained here."""

PUBLISHED = {
    "vggface2": "20180402-114759-vggface2.pt",
    "casia-webface": "20180408-102900-casia-webface.pt",
}
"""facenet-pytorch's published checkpoints, by the name of their training set."""

ARCHITECTURE = "InceptionResnetV1"

UNREADABLE = (SafetensorError, pickle.UnpicklingError, RuntimeError, EOFError)
"""What the two formats' readers raise for files that are none of theirs."""


def given_recognizer(weights: str, key: str = "prepare_recognizer.weights") -> tuple[FaceNet, Card]:
    """Return the recognizer that ``weights`` names, and a card that says where it came from.

    Args:
        weights: ``vggface2``, ``casia-webface``, or the path of a ``.safetensors`` file with
            facenet-pytorch's state-dict names or of a published ``.pt`` checkpoint.
        key: of params.yaml that says so, for messages.

    Raises:
        FaceveilError: if the file is missing, cannot be downloaded, cannot be read or fits another
            network.
    """
    path = _downloaded(weights, key) if weights in PUBLISHED else Path(weights)
    if not path.is_file():
        allowed = ", ".join((SCRATCH, *PUBLISHED))
        raise FaceveilError(
            f"{key}: no file {weights!r}; "
            f"allowed: {allowed}, or the path of a .safetensors or published .pt file"
        )
    network = _network(path)
    card: Card = {
        "architecture": ARCHITECTURE,
        "origin": weights if weights in PUBLISHED else path.name,
        "origin_sha256": fingerprint(path),
    }
    return FaceNet(network), card


def _network(path: Path) -> InceptionResnetV1:
    """Return the network with a file's weights, in float32, less its training classifier."""
    network = InceptionResnetV1(pretrained=None)
    try:
        state = _state(path)
        network.load_state_dict({n: v for n, v in state.items() if not n.startswith("logits.")})
    except (*UNREADABLE, AttributeError, TypeError) as error:
        reason = " ".join(str(error).split())[:200]
        raise FaceveilError(
            f"{path}: no weights of {ARCHITECTURE}; delete it or name another file ({reason})"
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
