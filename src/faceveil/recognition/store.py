"""A recognizer on disk: ``recognizer.safetensors`` and ``card.json``, written together."""

import json
from pathlib import Path

from faceveil.data.atomic import atomic_directory
from faceveil.data.weights import Card, fingerprint, read_weights, write_weights
from faceveil.recognition.facenet import FaceNet

WEIGHTS = "recognizer.safetensors"
CARD = "card.json"


def save_recognizer(directory: Path, recognizer: FaceNet, card: Card) -> None:
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

    Raises:
        FaceveilError: if the weights are missing or fit another network.
    """
    recognizer = FaceNet()
    read_weights(directory / WEIGHTS, recognizer)
    return recognizer


def recognizer_fingerprint(directory: Path) -> str:
    """Return the SHA-256 of a stored recognizer's weights, in hexadecimal.

    Raises:
        FaceveilError: if there are no weights.
    """
    return fingerprint(directory / WEIGHTS)
