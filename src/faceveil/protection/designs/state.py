"""The two players of a mask GAN, what they learned so far, and how that is stored."""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from faceveil.params.experiments import Game
from faceveil.protection.designs.generators import WEIGHTS, build_generator
from faceveil.runtime.atomic import atomic_directory
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
from faceveil.store.weights import fingerprint, write_weights

SHOWN = 6
"""Designs in a sheet; their latents stay the same over all epochs."""


class Players:
    """Generator against recognizer's head.

    Attributes:
        game: the rules.
        generator: draws the designs.
        head: a copy of the recognizer's head, so that the recognizer itself stays as it was.
        initial: the head's weights before training, ``[E, F]``.
        learns: whether the head does.
        arithmetic: what the trunk computes with.
        generator_optimizer: Adam on all of the generator.
        head_optimizer: Adam on the head's weights alone.
        curves: one row of numbers per epoch played.
        sheets: by epoch, designs of the same latents, uint8 ``[K, S, S, 3]``.
    """

    def __init__(self, game: Game, head: nn.Module, image_size: int, device: torch.device) -> None:
        self.game = game
        with seeded(game.seed, "generator"):
            latent = game.latent
            self.generator = build_generator(
                game.generator, latent.size, image_size, latent.distribution
            ).to(device)
        self.head = deepcopy(head).to(device).eval().requires_grad_(False)
        self.learns = bool(game.recognizer_learns_from)
        self.arithmetic = arithmetic(game.precision, device)
        weight = self.head.get_parameter("weight").requires_grad_(self.learns)
        self.initial = weight.detach().clone()
        self.generator_optimizer = torch.optim.Adam(
            self.generator.parameters(), lr=game.learning_rate, fused=True
        )
        self.head_optimizer = torch.optim.Adam(
            [weight], lr=game.recognizer_learning_rate, fused=True
        )
        self.curves: list[dict[str, float]] = []
        self.sheets: dict[int, NDArray[np.uint8]] = {}

    @property
    def device(self) -> torch.device:
        """Where both play."""
        return self.initial.device

    def draw_sheet(self) -> None:
        """Keep the designs of the fixed latents as they are after the epochs played so far."""
        latents = self.generator.draw(SHOWN, generator_for(self.game.seed, "sheet"))
        with torch.no_grad():
            designs = self.generator(latents.to(self.device))
        pixels = designs.mul(255).round().to(torch.uint8).permute(0, 2, 3, 1)
        self.sheets[len(self.curves)] = pixels.contiguous().cpu().numpy()

    def state(self) -> tuple[Tensors, Record]:
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
        """Go on from what :meth:`state` returned."""
        self.generator.load_state_dict(unnested("generator", tensors))
        with torch.no_grad():
            self.head.get_parameter("weight").copy_(tensors["head/weight"])
        restore_optimizer(self.generator_optimizer, unnested("generator_optimizer", tensors))
        restore_optimizer(self.head_optimizer, unnested("head_optimizer", tensors))
        self.sheets = {int(e): s.numpy() for e, s in unnested("sheet", tensors).items()}
        self.curves = record["curves"]


def write_players(directory: Path, players: Players, card: dict[str, Any]) -> None:
    """Write ``generator.safetensors``, ``head.safetensors`` and ``card.json``, whole or not at all.

    Args:
        directory: the folder to write.
        players: after training.
        card: what else to say: experiment, people, fingerprints of the inputs.
    """
    game, generator = players.game, players.generator
    about = {
        "architecture": game.generator,
        "latent_size": generator.latent_size,
        "image_size": generator.image_size,
        "distribution": generator.distribution,
    }
    with atomic_directory(directory) as folder:
        write_weights(folder / WEIGHTS, generator, about)
        write_weights(folder / "head.safetensors", players.head, {})
        full = {
            **card,
            **about,
            "game": game.model_dump(mode="json"),
            "trained_against": game.trained_against,
            "arithmetic": str(players.arithmetic).removeprefix("torch."),
            "last_epoch": players.curves[-1],
            "generator_sha256": fingerprint(folder / WEIGHTS),
            "head_sha256": fingerprint(folder / "head.safetensors"),
        }
        (folder / "card.json").write_text(json.dumps(full, indent=2, sort_keys=True) + "\n")
