"""Designs of a generator that was never trained."""

from pathlib import Path

import torch
from torch import Tensor

from faceveil.protection.designs.drawn import DrawnDesigns, draw_designs, training_folders
from faceveil.protection.designs.generators import WEIGHTS, build_generator
from faceveil.runtime.seeding import seeded
from faceveil.store.weights import read_card


class Untrained(DrawnDesigns):
    """A fresh generator of the same architecture as each training's."""

    def read(self, folder: Path, seed: int) -> None:
        """Build and draw."""
        parts: list[Tensor] = []
        for number, one in enumerate(training_folders(folder)):
            card = read_card(one / WEIGHTS)
            with seeded(seed, "untrained", number):
                fresh = build_generator(
                    card["latent_size"], card["image_size"], card["distribution"]
                ).eval()
            parts.append(draw_designs(fresh, self.settings.designs, seed, self.STREAM))
        self.drawn = torch.cat(parts)
