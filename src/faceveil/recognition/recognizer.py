"""A recognizer, whatever stands behind it: a network trained here, published weights, an ONNX file.

It sees photos through its trunk, once, and compares what it saw through its head. On disk it is a
folder: ``recognizer.safetensors`` or ``model.onnx``, and ``card.json``, written together.
"""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from faceveil.collection.places import Places
from faceveil.params.errors import FaceveilError
from faceveil.recognition.cropping import crop_faces
from faceveil.recognition.inception import fold_batch_norms
from faceveil.recognition.networks import Network, View, build_network
from faceveil.recognition.onnx_model import OnnxModel
from faceveil.runtime.atomic import atomic_directory
from faceveil.store.weights import Card, fingerprint, read_weights, write_weights

WEIGHTS, MODEL, CARD = "recognizer.safetensors", "model.onnx", "card.json"

KEYS = ("name", "role", "architecture", "view", "crop", "sha256")
"""What a card must say."""


class Recognizer:
    """One recognizer, frozen.

    Attributes:
        card: what it is, how it looks at photos, how it was made and how it did in its check.
        gives_gradients: whether designs can be trained against it: a network on whole photos.
    """

    def __init__(self, model: Network | OnnxModel, card: Card, device: torch.device) -> None:
        self.card = card
        self.device = device
        self._network = None
        self._onnx = None
        if isinstance(model, Network):
            self._network = model.to(device).freeze()
        else:
            self._onnx = model
        self.gives_gradients = self._network is not None and not self.needs_places

    @property
    def name(self) -> str:
        """Name in params.yaml."""
        return str(self.card["name"])

    @property
    def role(self) -> str:
        """``target``, ``surrogate`` or ``judge``."""
        return str(self.card["role"])

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the weights, in hexadecimal."""
        return str(self.card["sha256"])

    @property
    def refusal(self) -> str | None:
        """One line on why nothing may be reported of it, or None: it has passed its check."""
        return refusal(self.card)

    @property
    def features(self) -> int:
        """Numbers of a feature, ``F``; of an embedding for ONNX."""
        if self._network is not None:
            return int(self._network.head.get_parameter("weight").shape[1])
        assert self._onnx is not None
        return self._onnx.numbers

    @property
    def needs_places(self) -> bool:
        """Whether it must be told where faces are."""
        return bool(self.card["crop"] == "aligned")

    @property
    def trunk(self) -> nn.Module:
        """From photos ``[B, 3, S, S]`` in [0, 1] to features ``[B, F]``, with gradients.

        Raises:
            FaceveilError: if it gives none.
        """
        if self._network is None or not self.gives_gradients:
            raise FaceveilError(f"{self.name}: it gives no gradients; name a surrogate that does")
        return self._network.trunk

    @property
    def head(self) -> nn.Module:
        """From features ``[B, F]`` to unit embeddings ``[B, E]``; nothing but a norm for ONNX."""
        return nn.Identity() if self._network is None else self._network.head

    def crop(self, images: Tensor, places: Places | None) -> Tensor:
        """Cut out what it sees of photos ``[B, 3, H, W]`` in [0, 1], as ``[B, 3, S, S]``."""
        return crop_faces(images, places, self.card["crop"], self.card["view"]["input_size"])

    def see(self, images: Tensor, places: Places | None = None) -> Tensor:
        """Return what the trunk sees, float32 ``[B, F]`` on the CPU; the embedding for ONNX.

        Args:
            images: float32 ``[B, 3, H, W]`` in [0, 1], RGB.
            places: of the B faces, for a recognizer that needs them.

        Raises:
            FaceveilError: if a place is needed and not known, or a number is not finite.
        """
        return self.see_crops(self.crop(images, places))

    def see_crops(self, crops: Tensor) -> Tensor:
        """Return what the trunk sees of crops ``[B, 3, S, S]``."""
        if self._network is None:
            assert self._onnx is not None
            seen = torch.from_numpy(self._onnx(crops))
        else:
            # A GPU's shortened products would change some rates in their last digit.
            exact = torch.backends.cudnn.flags(enabled=True, deterministic=True, allow_tf32=False)
            with torch.inference_mode(), exact:
                seen = self._network.trunk(crops.to(self.device)).float().cpu()
        if not torch.isfinite(seen).all():
            raise FaceveilError(f"{self.name}: a feature is not finite; mend mean and scale")
        return seen

    def templates(
        self, features: NDArray[np.float32], head: nn.Module | None = None
    ) -> NDArray[np.float64]:
        """Return unit embeddings ``[B, E]`` of features ``[B, F]``.

        Args:
            features: what the trunk saw.
            head: one that learned, in place of the recognizer's own.
        """
        head = head or self.head
        device = next((p.device for p in head.parameters()), torch.device("cpu"))
        with torch.inference_mode():
            found = head(torch.tensor(features, device=device)).double().cpu().numpy()
        length = np.linalg.norm(found, axis=1, keepdims=True)
        return np.asarray(found / np.where(length > 0, length, 1))


def refusal(card: Card) -> str | None:
    """Return one line on why nothing may be reported of a recognizer, or None."""
    check: dict[str, Any] | None = card.get("check")
    if check is None:
        return f"{card['name']}: it has not been checked; run `dvc repro prepare_recognizer`"
    if check["passed"]:
        return None
    return (
        f"{card['name']}: told {check['accuracy']:.1%} of {check['pairs']} pairs of "
        f"{check['collection']} rightly, expected {check['expected']:.1%}; nothing is reported "
        "of it until its crop, mean, scale or training is mended"
    )


def save_recognizer(folder: Path, model: nn.Module | Path, card: Card) -> None:
    """Write weights and card as one folder, whole or not at all.

    The card gets the weights' SHA-256 as ``sha256``. What was measured stays out of the weights
    file, so that the fingerprint speaks of the weights alone.

    Args:
        folder: to write.
        model: a network, or the path of an ONNX file, which is copied.
        card: has all :data:`KEYS` but ``sha256``.
    """
    with atomic_directory(folder) as temporary:
        if isinstance(model, Path):
            shutil.copyfile(model, weights := temporary / MODEL)
        else:
            weights = temporary / WEIGHTS
            write_weights(weights, model, {"architecture": card["architecture"]})
        full = {**card, "sha256": fingerprint(weights)}
        (temporary / CARD).write_text(json.dumps(full, indent=2, sort_keys=True) + "\n")


def open_recognizer(folder: Path, device: torch.device) -> Recognizer:
    """Read a recognizer; a frozen FaceNet has its batch norms folded into its convolutions.

    Raises:
        FaceveilError: if a file is missing, damaged, or is not the one that the card speaks of.
    """
    card = read_card(folder)
    given = card["architecture"] == "onnx"
    path = folder / (MODEL if given else WEIGHTS)
    if fingerprint(path) != card["sha256"]:
        raise FaceveilError(
            f"{path}: not the file that its card speaks of; run `dvc repro -f prepare_recognizer`"
        )
    view = View(**card["view"])
    if given:
        return Recognizer(OnnxModel(path, view), card, device)
    network = build_network(card["architecture"], view)
    read_weights(path, network)
    network.freeze()
    if card["architecture"] == "inception_resnet_v1":
        fold_batch_norms(network.trunk.layers)
    return Recognizer(network, card, device)


def read_card(folder: Path) -> Card:
    """Read what a stored recognizer says about itself.

    Raises:
        FaceveilError: if there is no card, or it is damaged.
    """
    path, again = folder / CARD, "run `dvc repro prepare_recognizer`"
    try:
        card: Card = json.loads(path.read_text())
    except FileNotFoundError:
        raise FaceveilError(f"{path}: no such card; {again} first") from None
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise FaceveilError(f"{path}: a damaged card ({error}); {again}") from None
    if missing := [key for key in KEYS if key not in card]:
        raise FaceveilError(f"{path}: lacks {missing[0]!r}; {again}")
    return card
