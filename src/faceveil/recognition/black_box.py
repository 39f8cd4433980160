"""Black boxes: recognizers that answer with embeddings and let no gradient through."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

from faceveil.collection.places import Places
from faceveil.params.errors import FaceveilError
from faceveil.recognition.cropping import crop_faces
from faceveil.recognition.network import Network, View
from faceveil.recognition.onnx_model import OnnxModel
from faceveil.recognition.partner import load_partner, save_partner
from faceveil.recognition.store import CARD, WEIGHTS, read_stored_card
from faceveil.runtime.atomic import atomic_directory
from faceveil.store.weights import Card, fingerprint

MODEL = "model.onnx"
"""Name of the file in the folder of a black box that was given."""

KEYS = ("name", "architecture", "view", "crop", "similarity", "sha256")
"""What the card of a black box must say."""

Embeddings = NDArray[np.float32]

Model = Callable[[torch.Tensor], Embeddings]
"""Turns crops ``[B, 3, S, S]`` in [0, 1] into embeddings ``[B, E]``."""


class BlackBox:
    """A recognizer of which only its answers are known.

    Attributes:
        card: what it is, how it looks at photos and how it did in its check.
    """

    def __init__(self, model: Model, card: Card) -> None:
        self._model = model
        self.card = card

    @property
    def name(self) -> str:
        """Name in params.yaml."""
        return str(self.card["name"])

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the weights, in hexadecimal."""
        return str(self.card["sha256"])

    @property
    def refusal(self) -> str | None:
        """One line on why nothing may be reported of it, or None: it has passed its check."""
        return check_refusal(self.card)

    def crop(self, images: torch.Tensor, places: Places | None) -> torch.Tensor:
        """Cut out what it sees of photos ``[B, 3, H, W]`` in [0, 1], as ``[B, 3, S, S]``."""
        return crop_faces(images, places, self.card["crop"], self.card["view"]["input_size"])

    def embed(self, images: torch.Tensor, places: Places | None) -> Embeddings:
        """Turn photos into embeddings.

        Args:
            images: float32 ``[B, 3, H, W]`` in [0, 1], RGB.
            places: of the B faces; None will do for crop ``frame``.

        Returns:
            float32 ``[B, E]``, of any length.

        Raises:
            FaceveilError: if a place is needed and not known, or an embedding is not finite.
        """
        return self.embed_crops(self.crop(images, places))

    def embed_crops(self, crops: torch.Tensor) -> Embeddings:
        """Turn what :meth:`crop` returns into embeddings, float32 ``[B, E]``."""
        with torch.inference_mode():
            found = self._model(crops)
        if not np.isfinite(found).all():
            raise FaceveilError(f"{self.name}: an embedding is not finite; mend mean and scale")
        return found

    def similarity(self, probes: Embeddings, gallery: Embeddings) -> NDArray[np.float64]:
        """Compare embeddings ``[P, E]`` and ``[G, E]``: ``[P, G]``, higher means same person.

        Cosine in [-1, 1], or the negative Euclidean distance.
        """
        first, second = probes.astype(np.float64), gallery.astype(np.float64)
        if self.card["similarity"] == "euclidean":
            return np.asarray(-cdist(first, second))
        return np.asarray(_unit(first) @ _unit(second).T)


def as_black_box(network: Network, card: Card, device: torch.device) -> BlackBox:
    """Return a network as a black box that computes on ``device``."""
    network = network.to(device).eval()
    return BlackBox(lambda crops: network.embed(crops.to(device)).float().cpu().numpy(), card)


def open_onnx(path: Path, card: Card) -> BlackBox:
    """Return an ONNX file as a black box.

    Raises:
        FaceveilError: if it is missing, damaged, or takes or gives something else.
    """
    return BlackBox(OnnxModel(path, View(**card["view"])), card)


def save_black_box(directory: Path, weights: Network | Path, card: Card) -> None:
    """Write a black box as one folder, whole or not at all.

    Args:
        directory: folder to write: card, and weights or a copy of the ONNX file.
        weights: a network that was trained here, or the path of an ONNX file.
        card: has all :data:`KEYS` but ``sha256``, which is added.
    """
    if isinstance(weights, Network):
        save_partner(directory, weights, card)
        return
    with atomic_directory(directory) as folder:
        shutil.copyfile(weights, folder / MODEL)
        full = {**card, "sha256": fingerprint(folder / MODEL)}
        (folder / CARD).write_text(json.dumps(full, indent=2, sort_keys=True) + "\n")


def load_black_box(directory: Path, device: torch.device) -> BlackBox:
    """Read a black box; an ONNX file runs where onnxruntime finds it fastest.

    Raises:
        FaceveilError: if a file is missing, damaged, or is not the one that the card speaks of.
    """
    card = read_stored_card(directory)
    if missing := [key for key in KEYS if key not in card]:
        raise FaceveilError(f"{directory / CARD}: lacks {missing[0]!r}; run prepare_black_box")
    given = card["architecture"] == "onnx"
    path = directory / (MODEL if given else WEIGHTS)
    if fingerprint(path) != card["sha256"]:
        raise FaceveilError(f"{path}: not the file that its card speaks of; run prepare_black_box")
    if given:
        return open_onnx(path, card)
    return as_black_box(load_partner(directory), card, device)


def check_refusal(card: Card) -> str | None:
    """Return one line on why a recognizer may not be reported on, or None.

    Args:
        card: with or without the outcome of a check, as ``check``.
    """
    name = card.get("name", "recognizer")
    check: dict[str, Any] | None = card.get("check")
    if check is None:
        return f"{name}: it has not been checked; run its stage"
    if check["passed"]:
        return None
    return (
        f"{name}: told {check['accuracy']:.1%} of {check['pairs']} pairs of {check['collection']} "
        f"rightly, expected {check['expected']:.1%}; nothing is reported of it until its crop, "
        "mean, scale, similarity or training is mended"
    )


def _unit(embeddings: NDArray[np.float64]) -> NDArray[np.float64]:
    """Bring embeddings to unit length; one without any length is like nothing."""
    length = np.linalg.norm(embeddings, axis=1, keepdims=True)
    return np.asarray(embeddings / np.where(length > 0, length, 1))
