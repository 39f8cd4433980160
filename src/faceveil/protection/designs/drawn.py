"""Designs that trained generators draw, and what they are compared with."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import torch
from pydantic import Field
from torch import Tensor

from faceveil.params.section import Section
from faceveil.protection.base import Worn
from faceveil.protection.designs.folders import design_weights, training_folders
from faceveil.protection.designs.generators import WEIGHTS, Generator, load_generator
from faceveil.protection.textures import generator as on_cloth
from faceveil.protection.textures.files import TEXTURES, read_textures
from faceveil.protection.textures.generator import (
    TextureGenerator,
    read_generator,
    wearer_features,
)
from faceveil.runtime.seeding import generator_for


def draw_designs(generator: Generator, count: int, seed: int, stream: str) -> Tensor:
    """Draw designs ``[count, 3, S, S]`` in [0, 1]; the same seed and stream draw the same ones.

    Latents are drawn from what the generator was trained on, on the CPU, all at once.
    """
    latents = generator.draw(count, generator_for(seed, stream, "latents"))
    with torch.inference_mode():
        designs: Tensor = generator.cpu()(latents)
    return designs.clone()


@dataclass(frozen=True)
class Owners:
    """People each of whom has a design that is drawn for them alone.

    Attributes:
        subject_ids: P people.
        features: what the target stored of their bare faces, unit vectors ``[P, E]``; without,
            designs are drawn from random numbers, of a stream of each person's own.
    """

    subject_ids: tuple[str, ...]
    features: Tensor | None = None

    def __len__(self) -> int:
        return len(self.subject_ids)

    def numbers(self, generator: TextureGenerator, seed: int, stream: str) -> tuple[Tensor, Tensor]:
        """Return what their designs are drawn from, ``[P, C]``, and numbers of starts, ``[P]``."""
        if self.features is not None:
            return self.features, torch.zeros(len(self), dtype=torch.int64)
        drawn = []
        # One stream for each: a design does not depend on who else there is.
        for own in (generator_for(seed, stream, "own", who) for who in self.subject_ids):
            start = int(torch.randint(generator.shape.starts, (), generator=own))
            drawn.append(generator.latents(1, own, start))
        numbers, starts = zip(*drawn, strict=True)
        return torch.cat(numbers), torch.cat(starts)


def read_owners(experiment: Path, bare: Path | None, people: Sequence[str]) -> Owners | None:
    """Read whose features an experiment's designs are drawn from; None if they need none.

    Args:
        experiment: folder of its trainings.
        bare: of the recognizers' embeddings of bare faces.
        people: by ``subject_id``.

    Raises:
        FaceveilError: if somebody has no bare face on file, or another recognizer saw it.
    """
    training = training_folders(experiment)[0]
    if design_weights(training).name != on_cloth.WEIGHTS:
        return None
    if bare is None:
        raise ValueError("designs from wearers' features need the embeddings of bare faces")
    _, target = read_generator(training)
    return Owners(tuple(people), wearer_features(bare, target, people))


class DrawnDesigns(Worn):
    """Designs of all trainings of an experiment; variant ``t * K + k`` is training t's design k.

    They are what generators draw, worn as these learned to; or textures, which are what they are.
    Where they have owners, design k is drawn for the k-th of them, when it is asked for.

    Attributes:
        owners: people each of whom has a design of their own, if they have.
        drawn: the designs by variant, textures ``[V, 3, H, W]`` or pictures ``[V, 3, S, S]``; of
            owners none.
    """

    STREAM: ClassVar[str] = "evaluate"

    class Settings(Section):
        """How many designs."""

        designs: int = Field(default=8, ge=1, le=100_000, description="designs per training")

    settings: Settings
    drawn: Tensor

    def __init__(self, settings: Section, owners: Owners | None = None) -> None:
        super().__init__(settings)
        self.owners = owners

    @property
    def variants(self) -> int:
        """All designs of all trainings."""
        return len(self._generators) * len(self.owners) if self.owners else len(self.drawn)

    @property
    def physical(self) -> bool:
        """Textures lie on the cloth and can be printed; the others are fixed to the frame."""
        return self.placement == "mask"

    def read(self, folder: Path, seed: int) -> None:
        """Read the designs of every training, or the generators that draw those of owners."""
        trainings = training_folders(folder)
        made_by = design_weights(trainings[0]).name
        self.placement = "image" if made_by == WEIGHTS else "mask"
        if self.owners:
            self._generators = [self.prepared(read_generator(one)[0]) for one in trainings]
            self._numbers, self._starts = self.owners.numbers(
                self._generators[0], seed, self.STREAM
            )
            return
        if made_by == on_cloth.WEIGHTS:
            raise ValueError("designs from wearers' features need these wearers")
        designs = self.textures if made_by == TEXTURES else self.generated
        self.drawn = torch.cat([designs(one, number, seed) for number, one in enumerate(trainings)])

    def prepared(self, generator: TextureGenerator) -> TextureGenerator:
        """Return a generator of textures as it draws the designs of owners."""
        return generator

    def textures(self, training: Path, number: int, seed: int) -> Tensor:  # noqa: ARG002
        """Return the designs of a training that found textures, ``[K, 3, H, W]``."""
        return read_textures(training)[0]

    def generated(self, training: Path, number: int, seed: int) -> Tensor:  # noqa: ARG002
        """Draw the designs of a trained generator, ``[K, 3, S, S]``."""
        return draw_designs(load_generator(training), self.settings.designs, seed, self.STREAM)

    def pictures(self) -> Tensor:
        """Return all designs, ``[V, 3, H, W]``; where they have owners, those of the first ones."""
        if not self.owners:
            return self.drawn
        people = len(self.owners)
        first = range(min(people, self.settings.designs))
        starts = range(0, self.variants, people)
        return torch.stack([self.pattern(t + k, 0, 0) for t in starts for k in first])

    def pattern(self, variant: int, size: int, seed: int) -> Tensor:  # noqa: ARG002
        """Return a design."""
        if not self.owners:
            return self.drawn[variant]
        training, person = divmod(variant, len(self.owners))
        one = slice(person, person + 1)
        return self._generators[training].textures(self._numbers[one], self._starts[one])[0]
