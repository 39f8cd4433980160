"""Weights on disk: safetensors with a card that says what they are; never a pickle."""

import hashlib
import json
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import nn

from faceveil.params.errors import FaceveilError, readable, run_again
from faceveil.runtime.atomic import atomic_path

HEAD_WEIGHTS = "head.safetensors"
"""The target's head as a training of designs left it."""

Card = dict[str, Any]
"""What a model is: architecture, origin, training, measured accuracy; anything JSON can hold."""


def write_weights(path: Path, model: nn.Module, card: Card) -> None:
    """Write a model's state and its card as one safetensors file, whole or not at all."""
    state = {name: value.detach().cpu().contiguous() for name, value in model.state_dict().items()}
    # One metadata key: the order of several is random, and the file would differ on each run.
    metadata = {"card": json.dumps(card, sort_keys=True)}
    with atomic_path(path) as temporary:
        # Written by Python, so that a full disk is the OSError that the stage can put in words.
        temporary.write_bytes(save(state, metadata=metadata))


def read_card(path: Path) -> Card:
    """Read the card of a weights file; empty if it has none."""
    with readable(path, "card", run_again(path, "dvc repro -f")), _opened(path) as file:
        card: Card = json.loads((file.metadata() or {}).get("card", "{}"))
    return card


def read_weights(path: Path, model: nn.Module) -> Card:
    """Load the state of a safetensors file into ``model``, in float32, and return its card."""
    with _opened(path) as file:
        state = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    _fits(path, state, model.state_dict())
    model.load_state_dict(state)
    return read_card(path)


def fingerprint(path: Path) -> str:
    """Return the SHA-256 of a weights file, in hexadecimal."""
    if not path.is_file():
        raise FaceveilError(f"{path}: no such weights; {run_again(path)}")
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _opened(path: Path) -> Any:
    if not path.is_file():
        raise FaceveilError(f"{path}: no such weights; {run_again(path)}")
    try:
        return safe_open(path, framework="pt")
    except SafetensorError as error:
        raise FaceveilError(f"{path}: not a safetensors file ({error})") from None


def _fits(path: Path, state: dict[str, torch.Tensor], expected: dict[str, torch.Tensor]) -> None:
    for name in sorted(state.keys() ^ expected.keys()):
        kind = "lacks" if name in expected else "has an unknown"
        raise FaceveilError(f"{path}: {kind} tensor {name!r}; these weights fit another network")
    for name, value in state.items():
        if value.shape != expected[name].shape:
            found, wanted = tuple(value.shape), tuple(expected[name].shape)
            raise FaceveilError(f"{path}: tensor {name!r} is {found}, the network needs {wanted}")
