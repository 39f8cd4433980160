"""Designs that trained generators draw, and what they are compared with."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import torch
from pydantic import Field
from torch import Tensor

from faceveil.params.errors import FaceveilError
from faceveil.params.protect import Protect
from faceveil.params.section import Section
from faceveil.protection.base import Worn
from faceveil.protection.designs.folders import design_weights, training_folders
from faceveil.protection.designs.generators import WEIGHTS, Generator, load_generator
from faceveil.protection.textures import generator as on_cloth
from faceveil.protection.textures.features import wearer_features
from faceveil.protection.textures.files import TEXTURES, read_textures
from faceveil.protection.textures.generator import (
    OwnDesigns,
    TextureGenerator,
    read_generator,
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
    """People who have designs of their own.

    Attributes:
        subject_ids: P people.
        features: what the target stored of their bare faces, unit vectors ``[P, E]``; without,
            designs are drawn from random numbers, of a stream of each person's own.
    """

    subject_ids: tuple[str, ...]
    features: Tensor | None = None


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
    generator, target = read_generator(training)
    if generator.shape.conditioned_on == "latent":
        return None
    if bare is None:
        raise ValueError("designs of wearers' own need the embeddings of bare faces")
    features = wearer_features(bare / target["name"], target["fingerprint"], people)
    return Owners(tuple(people), features)


def design_of_generator(training: Path, number: int, settings: Protect) -> Tensor:
    """Return a design ``[3, H, W]`` of a generator on the cloth, by its number in the training.

    Of the first ``protect.designs`` it is the very one that is judged.

    Raises:
        FaceveilError: if the number is negative, or each wearer has a design of their own.
    """
    generator, _ = read_generator(training)
    if generator.shape.conditioned_on == "wearer":
        raise FaceveilError(
            f"{training}: its designs are drawn from wearers' features, so that none has a number; "
            "print a design of an experiment with conditioned_on: latent"
        )
    if number < 0:
        raise FaceveilError(f"{training}: no design {number}; they are counted from 0")
    count = max(settings.designs, number + 1)
    return _drawn(generator, count, settings.seed, DrawnDesigns.STREAM)[number]


def _drawn(generator: on_cloth.TextureGenerator, count: int, seed: int, stream: str) -> Tensor:
    """Draw designs for anybody, ``[count, 3, H, W]``."""
    with torch.inference_mode():
        drawn: Tensor = generator(*generator.latents(count, generator_for(seed, stream, "latents")))
    return drawn.clone()


class DrawnDesigns(Worn):
    """Designs of all trainings of an experiment; variant ``t * K + k`` is training t's design k.

    They are what generators draw, worn as these learned to; or textures, which are what they are.

    Attributes:
        drawn: the designs by variant, textures ``[3, H, W]`` or pictures ``[3, S, S]``.
        owners: if each wearer has a design of their own; then design k is the k-th owner's.
        for_anybody: whether a generator on the cloth draws them from random numbers: it has as many
            as there are people.
    """

    STREAM: ClassVar[str] = "evaluate"

    class Settings(Section):
        """How many designs."""

        designs: int = Field(default=8, ge=1, le=100_000, description="designs per training")

    settings: Settings
    drawn: Tensor | OwnDesigns
    owners: Owners | None = None
    for_anybody: bool = False

    @property
    def variants(self) -> int:
        """All designs of all trainings."""
        return len(self.drawn)

    def read_for(self, owners: Owners | None, folder: Path, seed: int) -> None:
        """Read the designs of every training; those of owners, if they are drawn for these."""
        self.owners = owners
        self.read(folder, seed)

    @property
    def physical(self) -> bool:
        """Textures lie on the cloth and can be printed; the others are fixed to the frame."""
        return self.placement == "mask"

    def read(self, folder: Path, seed: int) -> None:
        """Read the designs of every training."""
        trainings = training_folders(folder)
        made_by = design_weights(trainings[0]).name
        self.placement = "image" if made_by == WEIGHTS else "mask"
        if made_by == on_cloth.WEIGHTS:
            self.drawn = self._on_cloth([read_generator(one)[0] for one in trainings], seed)
            return
        designs = self.textures if made_by == TEXTURES else self.generated
        self.drawn = torch.cat([designs(one, number, seed) for number, one in enumerate(trainings)])

    def _on_cloth(self, trained: list[TextureGenerator], seed: int) -> Tensor | OwnDesigns:
        """Return what generators of textures draw: some designs each, or each wearer's own."""
        self.for_anybody = trained[0].shape.conditioned_on == "latent"
        generators = [self.prepared(one) for one in trained]
        if self.owners:
            return OwnDesigns(generators, *self._own_numbers(trained[0], self.owners, seed))
        if not self.for_anybody:
            raise ValueError("designs of wearers' own need these wearers")
        count = self.settings.designs
        return torch.cat([_drawn(one, count, seed, self.STREAM) for one in generators])

    def _own_numbers(
        self, generator: TextureGenerator, owners: Owners, seed: int
    ) -> tuple[Tensor, Tensor]:
        """Return what owners' designs are drawn from, and their starts."""
        if owners.features is not None:
            return owners.features, torch.zeros(len(owners.features), dtype=torch.int64)
        # One stream for each: a design does not depend on who else there is.
        streams = [generator_for(seed, self.STREAM, "own", who) for who in owners.subject_ids]
        first = [
            int(torch.randint(generator.shape.starts, (), generator=stream)) for stream in streams
        ]
        drawn = [generator.latents(1, one, k) for one, k in zip(streams, first, strict=True)]
        return torch.cat([one[0] for one in drawn]), torch.cat([one[1] for one in drawn])

    def prepared(self, generator: TextureGenerator) -> TextureGenerator:
        """Return a generator of textures as it draws these designs."""
        return generator

    def textures(self, training: Path, number: int, seed: int) -> Tensor:  # noqa: ARG002
        """Return the designs of a training that found textures, ``[K, 3, H, W]``."""
        return read_textures(training)[0]

    def generated(self, training: Path, number: int, seed: int) -> Tensor:  # noqa: ARG002
        """Draw the designs of a trained generator, ``[K, 3, S, S]``."""
        return draw_designs(load_generator(training), self.settings.designs, seed, self.STREAM)

    def pictures(self) -> Tensor:
        """Return all designs, ``[V, 3, H, W]``; of own ones, those of the first K owners."""
        if self.owners is None:
            return torch.stack(list(self.drawn))
        people = len(self.owners.subject_ids)
        first = range(min(people, self.settings.designs))
        trainings = range(0, len(self.drawn), people)
        return torch.stack([self.drawn[start + k] for start in trainings for k in first])

    def pattern(self, variant: int, size: int, seed: int) -> Tensor:  # noqa: ARG002
        """Return a design."""
        design: Tensor = self.drawn[variant]
        return design
