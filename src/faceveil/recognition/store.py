"""A recognizer on disk: ``recognizer.safetensors`` and ``card.json``, written together."""

import json
from pathlib import Path

from torch import nn

from faceveil.params.errors import FaceveilError
from faceveil.recognition.facenet import FaceNet, fold_batch_norms
from faceveil.runtime.atomic import atomic_directory
from faceveil.store.weights import Card, fingerprint, read_weights, write_weights

WEIGHTS = "recognizer.safetensors"
CARD = "card.json"


def save_recognizer(directory: Path, recognizer: nn.Module, card: Card) -> None:
    """Write weights and card as one folder, whole or not at all.

    The card gets the weights' SHA-256 as ``sha256``. What was measured stays out of the weights
    file, so that the fingerprint speaks of the weights alone.
    """
    with atomic_directory(directory) as folder:
        write_weights(folder / WEIGHTS, recognizer, {"architecture": card["architecture"]})
        full = {**card, "sha256": fingerprint(folder / WEIGHTS)}
        (folder / CARD).write_text(json.dumps(full, indent=2, sort_keys=True) + "\n")


def load_recognizer(directory: Path) -> FaceNet:
    """Read a recognizer, in evaluation mode; only ``head.weight`` requires a gradient.

    Its trunk is frozen for good, so that its batch norms are folded into its convolutions.

    Raises:
        FaceveilError: if the weights are missing or fit another network.
    """
    recognizer = FaceNet()
    read_weights(directory / WEIGHTS, recognizer)
    fold_batch_norms(recognizer.trunk)
    return recognizer


def read_stored_card(directory: Path) -> Card:
    """Read what a stored recognizer says about itself.

    Raises:
        FaceveilError: if there is no card, or it is not JSON.
    """
    path = directory / CARD
    try:
        card: Card = json.loads(path.read_text())
    except FileNotFoundError:
        raise FaceveilError(f"{path}: no such card; run the stage that makes it first") from None
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise FaceveilError(f"{path}: a damaged card ({error}); run its stage again") from None
    return card


def recognizer_fingerprint(directory: Path) -> str:
    """Return the SHA-256 of a stored recognizer's weights, in hexadecimal.

    Raises:
        FaceveilError: if there are no weights.
    """
    return fingerprint(directory / WEIGHTS)
