"""A recognizer from wherever the settings say: trained here, published, or a file; then checked."""

import warnings
from dataclasses import asdict
from pathlib import Path
from urllib.error import URLError

import torch
from facenet_pytorch.models.inception_resnet_v1 import InceptionResnetV1, get_torch_home
from safetensors.torch import load_file

from faceveil.params.errors import FaceveilError, readable
from faceveil.params.recognizers import PACKAGED, SCRATCH, RecognizerSettings
from faceveil.recognition.architectures import facenet
from faceveil.recognition.learn import learn
from faceveil.recognition.network import Network, View
from faceveil.recognition.onnx_model import OnnxModel
from faceveil.recognition.packaged import read_packaged
from faceveil.recognition.recognizer import Embedder, Recognizer
from faceveil.recognition.recognizer_accuracy import measure_recognizer
from faceveil.recognition.recognizer_check import check_recognizer
from faceveil.runtime.progress import OnEpoch
from faceveil.store.weights import Card, fingerprint

PUBLISHED = {
    "vggface2": "20180402-114759-vggface2.pt",
    "casia-webface": "20180408-102900-casia-webface.pt",
}
"""facenet-pytorch's published checkpoints, by the name of their training set."""


def obtain_recognizer(
    name: str, curated: Path, settings: RecognizerSettings, device: torch.device, report: OnEpoch
) -> tuple[Network | Path, Card]:
    """Train, read or open a recognizer, and check that it tells people apart.

    Args:
        name: of its section.
        curated: folder of the packed faces.
        settings: the section.
        device: where it is trained and checked.
        report: told the values of each epoch of a training.

    Returns:
        The network, frozen and on the CPU, or the path of an ONNX file; and its card: what it is,
        how it was trained, the outcome of its check as ``check``, and what
        :func:`measure_recognizer` found as ``measured``.

    Raises:
        FaceveilError: if photos or weights are missing or do not fit.
    """
    card = _card(name, settings)
    section = f"params.yaml: recognizers.{name}"
    path: Path | None = None
    model: Network | Embedder
    if settings.weights == SCRATCH:
        model, training = learn(section, curated, settings, device, report)
        card |= {"origin": SCRATCH, "training": training}
    elif settings.weights in PACKAGED:
        model, origin = read_packaged(settings.weights, f"{section}.weights", View(**card["view"]))
        card |= origin
    else:
        path = weights_path(settings.weights, f"{section}.weights")
        model = _given(path, settings, View(**card["view"]))
        source = settings.weights if settings.weights in PUBLISHED else path.name
        card |= {"origin": source, "origin_sha256": fingerprint(path)}
    recognizer = Recognizer(card, model, device)
    card["check"] = check_recognizer(recognizer, curated, settings)
    card["measured"] = measure_recognizer(recognizer, curated, settings.batch_size)
    if isinstance(model, Network):
        return model.cpu(), card
    assert path is not None  # what is no network is in a file
    return path, card


def weights_path(weights: str, key: str) -> Path:
    """Return the file of given weights, downloaded if need be.

    Args:
        weights: ``vggface2``, ``casia-webface``, or a path.
        key: of params.yaml that says so, for messages.

    Raises:
        FaceveilError: if the file is missing or cannot be downloaded.
    """
    path = _downloaded(weights, key) if weights in PUBLISHED else Path(weights)
    if not path.is_file():
        allowed = ", ".join((SCRATCH, *PUBLISHED, *PACKAGED))
        raise FaceveilError(
            f"{key}: no file {weights!r}; put it there, or use {allowed} or another path"
        )
    return path


def read_facenet(path: Path, view: View) -> Network:
    """Return facenet-pytorch's network with a file's weights, in float32.

    Args:
        path: ``.safetensors`` with facenet-pytorch's state-dict names, or a published ``.pt``.
        view: how it looks at photos.

    Raises:
        FaceveilError: if the file cannot be read or fits another network.
    """
    network = InceptionResnetV1(pretrained=None)
    with readable(path, "weights of inception_resnet_v1", "delete it or name another file"):
        state = _state(path)
        network.load_state_dict({n: v for n, v in state.items() if not n.startswith("logits.")})
    return facenet(network, view).freeze()


def shown_numbers(card: Card) -> dict[str, float]:
    """Return the numbers of a card that are tracked, by name."""
    shown = {"check_accuracy": card["check"]["accuracy"]}
    for protocol, found in card.get("measured", {}).items():
        if isinstance(found, dict):
            shown |= {f"{protocol}/{number}": found[number] for number in ("rank_1", "auc")}
    return shown


def _card(name: str, settings: RecognizerSettings) -> Card:
    """Say what a recognizer is and how it looks at photos."""
    return {
        "name": name,
        "role": settings.role,
        "architecture": settings.architecture,
        "view": asdict(View(settings.input_size, settings.mean, settings.scale)),
        "crop": settings.crop,
    }


def _given(path: Path, settings: RecognizerSettings, view: View) -> Network | Embedder:
    """Open a file of weights."""
    return OnnxModel(path, view) if settings.architecture == "onnx" else read_facenet(path, view)


def _state(path: Path) -> dict[str, torch.Tensor]:
    """Read the tensors of a file of either format; nothing but tensors is ever unpickled."""
    state: dict[str, torch.Tensor]
    if path.suffix == ".safetensors":
        state = load_file(path)
    else:
        with warnings.catch_warnings(action="ignore"):  # what it warns of, it refuses next
            state = torch.load(path, map_location="cpu", weights_only=True)
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
