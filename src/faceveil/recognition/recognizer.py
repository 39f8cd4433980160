"""The one way in which recognizers are asked, stored and opened, whatever they are made of.

A folder holds ``recognizer.safetensors`` or ``model.onnx``, and ``card.json``: name, role,
architecture, view, crop, origin, training, the outcome of the check, and the weights' SHA-256.
"""

import hashlib
import json
import shutil
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from faceveil.collection.places import Places
from faceveil.params.errors import FaceveilError
from faceveil.recognition.architectures import build_network, fold_batch_norms
from faceveil.recognition.cropping import crop_faces
from faceveil.recognition.network import Head, Network, Trunk, UnitNorm, View
from faceveil.recognition.onnx_model import OnnxModel
from faceveil.runtime.atomic import atomic_directory
from faceveil.store.weights import Card, fingerprint, read_weights, write_weights

WEIGHTS, MODEL, CARD = "recognizer.safetensors", "model.onnx", "card.json"
"""The files of a folder; it has one of the first two."""

KEYS = ("name", "role", "architecture", "view", "crop", "sha256")
"""What a card must say to be of use."""

SEEN = ("sha256", "architecture", "view", "crop")
"""What decides the features and templates of a photo."""

AGAIN = "run `dvc repro prepare_recognizer@{}`"

Embedder = Callable[[torch.Tensor], NDArray[np.float32]]
"""Turns crops ``[B, 3, S, S]`` in [0, 1] into embeddings ``[B, E]``, and lets no gradient pass."""


class Recognizer:
    """A recognizer that never learns: it sees photos and makes templates of what it saw.

    Attributes:
        card: what it is, where it comes from, how it looks at photos, how it did in its check.
        gives_gradients: whether gradients reach the photos: of all but ONNX files.
    """

    def __init__(self, card: Card, model: Network | Embedder, device: torch.device) -> None:
        """Take what :func:`open_recognizer` reads, or what has just been trained.

        Args:
            card: has ``name``, ``role``, ``view`` and ``crop``.
            model: a network, which is frozen and moved; or whatever answers with embeddings.
            device: where a network computes.
        """
        self.card = card
        self._network = model.freeze().to(device) if isinstance(model, Network) else None
        self._embed = None if isinstance(model, Network) else model
        self._device = device
        self.gives_gradients = self._network is not None

    @property
    def name(self) -> str:
        """Name in params.yaml."""
        return str(self.card["name"])

    @property
    def role(self) -> str:
        """``target``, ``surrogate`` or ``judge``."""
        return str(self.card["role"])

    @property
    def needs_places(self) -> bool:
        """Whether it must be told where the faces are."""
        return bool(self.card["crop"] != "frame")

    @property
    def fingerprint(self) -> str:
        """SHA-256, in hexadecimal, of the weights and of how photos are looked at."""
        return _fingerprint(self.card)

    @property
    def refusal(self) -> str | None:
        """One line on why nothing may be reported of it, or None: it has passed its check."""
        return check_refusal(self.card)

    @property
    def feature_size(self) -> int:
        """F, numbers per photo of what :meth:`see` returns."""
        return self._sizes[0]

    @property
    def embedding_size(self) -> int:
        """E, numbers per template."""
        return self._sizes[1]

    @property
    def trunk(self) -> Trunk:
        """From what :meth:`crop` returns to features ``[B, F]``; frozen, differentiable.

        Raises:
            FaceveilError: if the recognizer gives no gradients.
        """
        return self._differentiable().trunk

    @property
    def head(self) -> Head | UnitNorm:
        """From features ``[B, F]`` to unit embeddings ``[B, E]``; frozen, differentiable.

        Raises:
            FaceveilError: if the recognizer gives no gradients.
        """
        return self._differentiable().head

    def features(self, images: torch.Tensor, places: Places | None = None) -> torch.Tensor:
        """Look at photos and let gradients pass to them.

        Args:
            images: ``[B, 3, H, W]`` in [0, 1], RGB, of the type of the weights: float32, unless
                they were made otherwise.
            places: of the B faces, where :attr:`needs_places`; else not looked at. No gradient
                goes to them.

        Returns:
            ``[B, F]`` where the recognizer computes.

        Raises:
            FaceveilError: if a place is needed and not known, or it gives no gradients.
        """
        return cast("torch.Tensor", self.trunk(self.crop(images, places)))

    def embed(self, images: torch.Tensor, places: Places | None = None) -> torch.Tensor:
        """Do what :meth:`features` does, up to unit embeddings ``[B, E]``."""
        return cast("torch.Tensor", self.head(self.features(images, places)))

    def see(self, images: torch.Tensor, places: Places | None = None) -> torch.Tensor:
        """Look at photos, whatever their size; the same bytes each time, on a GPU too.

        Args:
            images: float32 ``[B, 3, H, W]`` in [0, 1], RGB.
            places: of the B faces, where :attr:`needs_places`; else not looked at.

        Returns:
            float32 ``[B, F]`` on the CPU: the trunk's features, or the embeddings of an ONNX file.

        Raises:
            FaceveilError: if a place is needed and not known, or a number is not finite.
        """
        return self.see_crops(self.crop(images, places))

    def crop(self, images: torch.Tensor, places: Places | None = None) -> torch.Tensor:
        """Return what it sees of photos: ``[B, 3, S, S]`` in [0, 1], where S is its input size."""
        images = images.to(self._device)
        return crop_faces(images, places, self.card["crop"], self.card["view"]["input_size"])

    def see_crops(self, crops: torch.Tensor) -> torch.Tensor:
        """Do what :meth:`see` does with what :meth:`crop` returns."""
        # A GPU's shortened products would change some rates in their last digit.
        exact = torch.backends.cudnn.flags(enabled=True, deterministic=True, allow_tf32=False)
        seen: torch.Tensor
        with torch.inference_mode(), exact:
            if self._network is not None:
                seen = self._network.trunk(crops).float().cpu()
            else:
                assert self._embed is not None
                seen = torch.from_numpy(self._embed(crops))
        if not bool(torch.isfinite(seen).all()):
            raise FaceveilError(
                f"{self.name}: a feature is not finite; mend mean and scale, or the weights"
            )
        return seen.clone()  # outside of inference mode, so that a head can learn from it

    def templates(
        self, features: torch.Tensor | NDArray[np.float32], head: nn.Module | None = None
    ) -> NDArray[np.float64]:
        """Turn features into what is compared by cosine.

        Args:
            features: float32 ``[B, F]``, as :meth:`see` returns them.
            head: another head than its own, one that has learned; on its own device.

        Returns:
            float64 ``[B, E]``, of unit length; one without any length stays zero.
        """
        found = torch.tensor(features) if isinstance(features, np.ndarray) else features
        if head is None and self._network is None:
            raw = found.double().cpu().numpy()
            length = np.linalg.norm(raw, axis=1, keepdims=True)
            return np.asarray(raw / np.where(length > 0, length, 1))
        chosen = head if head is not None else self._network.head  # type: ignore[union-attr]
        where = self._device if head is None else next(head.parameters()).device
        with torch.inference_mode():
            made: NDArray[np.float64] = chosen(found.to(where)).double().cpu().numpy()
        return made

    @cached_property
    def _sizes(self) -> tuple[int, int]:
        """F and E; a file is asked what it makes of a grey photo."""
        if self._network is not None:
            return self._network.head.sizes
        size = self.card["view"]["input_size"]
        numbers = self.see_crops(torch.full((1, 3, size, size), 0.5)).shape[1]
        return numbers, numbers

    def _differentiable(self) -> Network:
        if self._network is None:
            raise FaceveilError(
                f"{self.name}: gives no gradients (architecture {self.card.get('architecture')}); "
                "use one that is not onnx"
            )
        return self._network


def open_recognizer(folder: Path, device: torch.device) -> Recognizer:
    """Read a stored recognizer; an ONNX file runs where onnxruntime finds it fastest.

    Raises:
        FaceveilError: if a file is missing, damaged, or is not the one that the card speaks of.
    """
    card = read_recognizer_card(folder)
    path = folder / (MODEL if card["architecture"] == "onnx" else WEIGHTS)
    if fingerprint(path) != card["sha256"]:
        raise FaceveilError(
            f"{path}: not the file that its card speaks of; {AGAIN.format(folder.name)}"
        )
    view = View(**card["view"])
    if card["architecture"] == "onnx":
        return Recognizer(card, OnnxModel(path, view), device)
    network = build_network(card["architecture"], view)
    read_weights(path, network)
    network.freeze()
    fold_batch_norms(network.trunk)
    return Recognizer(card, network, device)


def save_recognizer(folder: Path, weights: Network | Path, card: Card) -> None:
    """Write a recognizer as one folder, whole or not at all.

    Args:
        folder: where to write weights, or a copy of an ONNX file, and card.
        weights: a network, not folded; or the path of an ONNX file.
        card: has all :data:`KEYS` but ``sha256``, which is added.
    """
    with atomic_directory(folder) as new:
        path = new / (WEIGHTS if isinstance(weights, Network) else MODEL)
        if isinstance(weights, Network):
            write_weights(path, weights, {"architecture": card["architecture"]})
        else:
            shutil.copyfile(weights, path)
        full = {**card, "sha256": fingerprint(path)}
        (new / CARD).write_text(json.dumps(full, indent=2, sort_keys=True) + "\n")


def read_recognizer_card(folder: Path) -> Card:
    """Read what a stored recognizer says about itself.

    Raises:
        FaceveilError: if there is no card, or it is damaged or lacks a key.
    """
    path, again = folder / CARD, AGAIN.format(folder.name)
    try:
        card: Card = json.loads(path.read_text())
        View(**card.get("view", {}))
    except FileNotFoundError:
        raise FaceveilError(f"{path}: no such card; {again}") from None
    except (json.JSONDecodeError, UnicodeDecodeError, TypeError, AttributeError) as error:
        raise FaceveilError(f"{path}: a damaged card ({error}); {again}") from None
    if missing := [key for key in KEYS if key not in card]:
        raise FaceveilError(f"{path}: lacks {missing[0]!r}; {again}")
    return card


def recognizer_fingerprint(folder: Path) -> str:
    """Return :attr:`Recognizer.fingerprint` of a stored recognizer, without opening its weights."""
    return _fingerprint(read_recognizer_card(folder))


def check_refusal(card: Card) -> str | None:
    """Return one line on why a recognizer may not be reported on, or None.

    Args:
        card: with or without the outcome of a check, as ``check``.
    """
    name = card.get("name", "recognizer")
    check: Card | None = card.get("check")
    if check is None:
        return f"{name}: it has not been checked; {AGAIN.format(name)}"
    if check["passed"]:
        return None
    return (
        f"{name}: told {check['accuracy']:.1%} of {check['pairs']} pairs of {check['collection']} "
        f"rightly, expected {check['expected']:.1%}; nothing is reported of it until its crop, "
        "mean, scale or training is mended"
    )


def _fingerprint(card: Card) -> str:
    decisive = json.dumps({key: card[key] for key in SEEN}, sort_keys=True)
    return hashlib.sha256(decisive.encode()).hexdigest()
