"""Designs before any training."""

from pathlib import Path

from torch import Tensor

from faceveil.protection.designs.drawn import DrawnDesigns, draw_designs
from faceveil.protection.designs.generators import WEIGHTS, build_generator
from faceveil.protection.textures.files import read_textures
from faceveil.protection.textures.generator import TextureGenerator
from faceveil.runtime.seeding import seeded
from faceveil.store.weights import read_card


class Untrained(DrawnDesigns):
    """What a fresh generator of the same architecture draws, or the textures' starts."""

    def textures(self, training: Path, number: int, seed: int) -> Tensor:  # noqa: ARG002
        """Return what each texture was before its first step."""
        return read_textures(training)[1]

    def prepared(self, generator: TextureGenerator) -> TextureGenerator:
        """Return the generator as it began: it draws its starts."""
        return TextureGenerator(generator.shape).begin_from(generator.starts).eval()

    def generated(self, training: Path, number: int, seed: int) -> Tensor:
        """Build and draw."""
        card = read_card(training / WEIGHTS)
        with seeded(seed, "untrained", number):
            fresh = build_generator(
                card["latent_size"], card["image_size"], card["distribution"]
            ).eval()
        return draw_designs(fresh, self.settings.designs, seed, self.STREAM)
