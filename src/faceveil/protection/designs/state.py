"""What a mask GAN has learned so far, and how that is stored."""

import json
from collections.abc import Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import nn

from faceveil.params.gan_training import GanTraining
from faceveil.protection.designs.generators import ARCHITECTURE, WEIGHTS, build_generator
from faceveil.runtime.atomic import atomic_directory, atomic_path
from faceveil.runtime.checkpoints import (
    Record,
    Tensors,
    nested,
    optimizer_tensors,
    restore_optimizer,
    unnested,
)
from faceveil.runtime.device import arithmetic
from faceveil.runtime.seeding import generator_for, seeded
from faceveil.store.weights import HEAD_WEIGHTS, fingerprint, write_weights

SHOWN = 6
"""Designs in a sheet; their latents stay the same over all epochs."""


class State:
    """Generator and recognizer's head, as far as they are trained, and their optimizers."""

    def __init__(
        self, settings: GanTraining, head: nn.Module, image_size: int, device: torch.device
    ) -> None:
        self.settings = settings
        with seeded(settings.seed, "generator"):
            latent = settings.latent
            self.generator = build_generator(latent.size, image_size, latent.distribution).to(
                device
            )
        # A copy, of which the weight alone may learn: the recognizer itself stays as it was.
        self.head = deepcopy(head).to(device).eval().requires_grad_(False)
        self.learns = bool(settings.recognizer_learns_from)
        self.arithmetic = arithmetic(settings.precision, device)  # of the trunk
        weight = self.head.get_parameter("weight").requires_grad_(self.learns)
        self.initial = weight.detach().clone()  # [E, F], what the penalty measures from
        self.generator_optimizer = torch.optim.Adam(
            self.generator.parameters(), lr=settings.learning_rate, fused=True
        )
        self.head_optimizer = torch.optim.Adam(
            [weight], lr=settings.recognizer_learning_rate, fused=True
        )
        self.curves: list[dict[str, float]] = []  # a row of numbers per epoch done
        self.sheets: dict[int, NDArray[np.uint8]] = {}  # by epoch, designs [K, S, S, 3]

    @property
    def device(self) -> torch.device:
        """Where both are trained."""
        return self.initial.device

    def draw_sheet(self) -> None:
        """Keep the designs of the fixed latents as they are after the epochs done so far."""
        latents = self.generator.draw(SHOWN, generator_for(self.settings.seed, "sheet"))
        with torch.no_grad():
            designs = self.generator(latents.to(self.device))
        pixels = designs.mul(255).round().to(torch.uint8).permute(0, 2, 3, 1)
        self.sheets[len(self.curves)] = pixels.contiguous().cpu().numpy()

    def snapshot(self) -> tuple[Tensors, Record]:
        """Return all that is needed to go on; each epoch draws from streams of its own."""
        tensors = {
            **nested("generator", self.generator.state_dict()),
            **nested("generator_optimizer", optimizer_tensors(self.generator_optimizer)),
            **nested("head", {"weight": self.head.get_parameter("weight")}),
            **nested("head_optimizer", optimizer_tensors(self.head_optimizer)),
            **nested("sheet", {str(e): torch.from_numpy(s) for e, s in self.sheets.items()}),
        }
        return tensors, {"curves": self.curves}

    def restore(self, tensors: Tensors, record: Record) -> None:
        """Go on from what :meth:`snapshot` returned."""
        self.generator.load_state_dict(unnested("generator", tensors))
        with torch.no_grad():
            self.head.get_parameter("weight").copy_(tensors["head/weight"])
        restore_optimizer(self.generator_optimizer, unnested("generator_optimizer", tensors))
        restore_optimizer(self.head_optimizer, unnested("head_optimizer", tensors))
        self.sheets = {int(e): s.numpy() for e, s in unnested("sheet", tensors).items()}
        self.curves = record["curves"]


def write_trainings(directory: Path, states: list[State], card: dict[str, Any]) -> None:
    """Write each training's weights and card to ``<directory>/<number>/``, all or nothing.

    ``card`` is what else the cards say: experiment, subjects, fingerprints of the inputs.
    """
    with atomic_directory(directory) as folder:
        for number, state in enumerate(states):
            (folder / str(number)).mkdir()
            _write(folder / str(number), state, {**card, "training": number})


def _write(folder: Path, state: State, card: dict[str, Any]) -> None:
    settings, generator = state.settings, state.generator
    about = {
        "architecture": ARCHITECTURE,
        "latent_size": generator.latent_size,
        "image_size": generator.image_size,
        "distribution": generator.distribution,
    }
    write_weights(folder / WEIGHTS, generator, about)
    write_weights(folder / HEAD_WEIGHTS, state.head, {})
    full = {
        **card,
        **about,
        "settings": settings.model_dump(mode="json"),
        "arithmetic": str(state.arithmetic).removeprefix("torch."),
        "last_epoch": state.curves[-1],
        "generator_sha256": fingerprint(folder / WEIGHTS),
        "head_sha256": fingerprint(folder / HEAD_WEIGHTS),
    }
    (folder / "card.json").write_text(json.dumps(full, indent=2, sort_keys=True) + "\n")


def write_curves(path: Path, curves: Sequence[list[dict[str, float]]]) -> pd.DataFrame:
    """Write what each training measured as CSV: ``training``, ``epoch`` from 1, and the values."""
    table = pd.DataFrame(
        [
            {"training": number, "epoch": epoch, **values}
            for number, one in enumerate(curves)
            for epoch, values in enumerate(one, start=1)
        ]
    )
    with atomic_path(path) as temporary:
        table.to_csv(temporary, index=False)
    return table
