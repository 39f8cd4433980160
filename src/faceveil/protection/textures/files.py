"""Trained textures on disk: a folder for each training, with textures, their starts and a card."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load, save
from torch import Tensor, nn

from faceveil.params.errors import FaceveilError, readable, run_again
from faceveil.runtime.atomic import atomic_directory
from faceveil.store.weights import HEAD_WEIGHTS, fingerprint, write_weights

TEXTURES = "textures.safetensors"
"""Holds ``textures`` and ``starts``, float32 ``[K, 3, H, W]`` in [0, 1] each."""


@dataclass(frozen=True)
class FoundTextures:
    """Textures of one training; those that were optimised best first.

    Attributes:
        textures: float32 ``[kept, 3, H, W]`` in [0, 1].
        starts: what they were before the first step, ``[kept, 3, H, W]``.
        numbers: of those starts among the candidates.
        likeness: own cosine of who wears them, in units of a match, ``[kept]``.
        false_matches: share of wearers, over recognizers, who match somebody else, ``[kept]``.
        curves: of each step, the mean likeness and roughness of all that are optimised.
    """

    textures: Tensor
    starts: Tensor
    numbers: list[int]
    likeness: list[float]
    false_matches: list[float]
    curves: list[dict[str, float]]

    def write(self, folder: Path) -> dict[str, Any]:
        """Write the textures into a folder; return what its card says of them."""
        tensors = {"textures": self.textures, "starts": self.starts}
        (folder / TEXTURES).write_bytes(save(tensors))
        return {
            **self.measured,
            "architecture": "texture",
            "textures_sha256": fingerprint(folder / TEXTURES),
        }

    @property
    def measured(self) -> dict[str, Any]:
        """What a card says of the training's outcome."""
        return {
            "starts": self.numbers,
            "likeness": self.likeness,
            "false_matches": self.false_matches,
        }


def write_found(
    directory: Path, found: Sequence[FoundTextures], head: nn.Module, card: dict[str, Any]
) -> None:
    """Write what each training found to ``<directory>/<number>/``, all or nothing.

    Args:
        directory: folder of the experiment.
        found: by training.
        head: the target's, as every training leaves it: textures teach a recognizer nothing.
        card: what else the cards say: experiment, settings, recognizers, fingerprints of inputs.
    """
    with atomic_directory(directory) as folder:
        for number, one in enumerate(found):
            place = folder / str(number)
            place.mkdir()
            write_weights(place / HEAD_WEIGHTS, head, {})
            full = {**card, "training": number, **one.write(place)}
            (place / "card.json").write_text(json.dumps(full, indent=2, sort_keys=True) + "\n")


def read_textures(folder: Path) -> tuple[Tensor, Tensor]:
    """Return the textures and the starts of one training, float32 ``[K, 3, H, W]`` each.

    Raises:
        FaceveilError: if the file is missing, damaged or holds something else.
    """
    path = folder / TEXTURES
    if not path.is_file():
        raise FaceveilError(f"{path}: no such textures; {run_again(path)}")
    with readable(path, "file of textures", run_again(path)):
        tensors = load(path.read_bytes())
        textures, starts = tensors["textures"], tensors["starts"]
    for name, values in (("textures", textures), ("starts", starts)):
        if values.ndim != 4 or values.shape[1] != 3 or values.dtype != torch.float32:
            raise FaceveilError(
                f"{path}: {name} are {list(values.shape)} {values.dtype}, not float32 [K, 3, H, W]"
            )
    return textures, starts


def as_pictures(textures: Tensor) -> NDArray[np.uint8]:
    """Turn textures ``[K, 3, H, W]`` in [0, 1] into pictures, uint8 ``[K, H, W, 3]``."""
    return np.asarray(textures.mul(255).round().to(torch.uint8).permute(0, 2, 3, 1))
