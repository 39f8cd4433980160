"""Designs that trained generators draw, and what they are compared with."""

from pathlib import Path
from typing import ClassVar

import torch
from pydantic import Field
from torch import Tensor

from faceveil.params.errors import FaceveilError
from faceveil.params.section import Section
from faceveil.protection.base import Worn
from faceveil.protection.designs.generators import WEIGHTS, Generator, load_generator
from faceveil.protection.textures.files import TEXTURES, read_textures
from faceveil.runtime.seeding import generator_for


def draw_designs(generator: Generator, count: int, seed: int, stream: str) -> Tensor:
    """Draw designs ``[count, 3, S, S]`` in [0, 1]; the same seed and stream draw the same ones.

    Latents are drawn from what the generator was trained on, on the CPU, all at once.
    """
    latents = generator.draw(count, generator_for(seed, stream, "latents"))
    with torch.inference_mode():
        designs: Tensor = generator.cpu()(latents)
    return designs.clone()


def training_folders(experiment: Path) -> list[Path]:
    """Return the folders of an experiment's trainings, in their order.

    Raises:
        FaceveilError: if there is none.
    """
    found = [path for path in experiment.glob("*") if path.name.isdecimal()]
    if not found:
        raise FaceveilError(
            f"{experiment}: no training here; run `dvc repro train@{experiment.name}` first"
        )
    return sorted(found, key=lambda path: int(path.name))


def design_weights(training: Path) -> Path:
    """Return the file that a training's designs come from: textures, or a generator."""
    textures = training / TEXTURES
    return textures if textures.is_file() else training / WEIGHTS


class DrawnDesigns(Worn):
    """Designs of all trainings of an experiment; variant ``t * K + k`` is training t's design k.

    They are what generators draw, worn as these learned to; or textures, which are what they are.
    """

    STREAM: ClassVar[str] = "evaluate"

    class Settings(Section):
        """How many designs."""

        designs: int = Field(default=8, ge=1, le=100_000, description="designs per training")

    settings: Settings
    drawn: Tensor

    @property
    def variants(self) -> int:
        """All designs of all trainings."""
        return len(self.drawn)

    @property
    def physical(self) -> bool:
        """Textures lie on the cloth and can be printed; the others are fixed to the frame."""
        return self.placement == "mask"

    def read(self, folder: Path, seed: int) -> None:
        """Read the designs of every training."""
        trainings = training_folders(folder)
        self.placement = "mask" if design_weights(trainings[0]).name == TEXTURES else "image"
        designs = self.textures if self.placement == "mask" else self.generated
        self.drawn = torch.cat([designs(one, number, seed) for number, one in enumerate(trainings)])

    def textures(self, training: Path, number: int, seed: int) -> Tensor:  # noqa: ARG002
        """Return the designs of a training that found textures, ``[K, 3, H, W]``."""
        return read_textures(training)[0]

    def generated(self, training: Path, number: int, seed: int) -> Tensor:  # noqa: ARG002
        """Draw the designs of a trained generator, ``[K, 3, S, S]``."""
        return draw_designs(load_generator(training), self.settings.designs, seed, self.STREAM)

    def pattern(self, variant: int, size: int, seed: int) -> Tensor:  # noqa: ARG002
        """Return a design."""
        return self.drawn[variant]
