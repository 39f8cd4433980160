"""What a design is compared with: plain patterns worn in its place.

A rate says nothing about a design until the same faces have worn something else through the same
projection. All designs are float32 ``[K, 3, H, W]`` RGB in [0, 1].
"""

from dataclasses import dataclass, replace

import numpy as np
import torch

from faceveil.evaluation.rows import PLAIN
from faceveil.evaluation.trials import Outfit
from faceveil.params.errors import FaceveilError
from faceveil.params.evaluate import Evaluate
from faceveil.protection.designs.generators import Generator, build_generator
from faceveil.runtime.seeding import generator_for, seeded
from faceveil.store.faces import PackedFaces

SURGICAL_BLUE = (0.66, 0.80, 0.88)
"""Colour of the drawn surgical mask: the pale blue of a disposable one."""

PLEATS = 3
"""Horizontal folds of a disposable mask."""

_PLEAT_DEPTH = 0.12
"""How much darker a fold is than the cloth around it."""


@dataclass(frozen=True)
class Wardrobe:
    """Everything that is worn.

    Attributes:
        outfits: designs and controls, and who wears how many of them.
        designs: the generator's, float32 ``[K, 3, S, S]`` in [0, 1].
        untrained: those of an untrained generator of the same architecture.
    """

    outfits: list[Outfit]
    designs: torch.Tensor
    untrained: torch.Tensor

    def for_held_out(self) -> list[Outfit]:
        """Return what decides a lift, for held-out people alone: the designs, and what is plain."""
        return [
            replace(outfit, per_subject={"test": outfit.per_subject["test"]})
            for outfit in self.outfits
            if outfit.wears == "generated" or outfit.wears in PLAIN
        ]


def sample_designs(generator: Generator, settings: Evaluate) -> torch.Tensor:
    """Draw the designs that are judged, ``[K, 3, S, S]``; the same seed draws the same ones.

    The latents are drawn from what the generator was trained on, on the CPU, all at once.
    """
    latents = generator.draw(settings.designs, generator_for(settings.seed, "evaluate", "latents"))
    with torch.inference_mode():
        designs: torch.Tensor = generator.cpu()(latents)
    return designs


def fill_wardrobe(
    generator: Generator, architecture: str, unmasked: PackedFaces, settings: Evaluate
) -> Wardrobe:
    """Return everything that is worn: the generator's designs and the controls.

    A held-out person wears every generated design, a training person some. Of a control each person
    wears one design: the interval is over people, and a second one would tell little more. What is
    not plain, held-out people wear alone.

    Args:
        generator: the trained one.
        architecture: its name; the untrained generator is another one of it, freshly drawn.
        unmasked: everybody's unmasked photo, at the size of a design.
        settings: how many designs, and the seed.

    Raises:
        FaceveilError: if fewer than two people train.
    """
    count, size = settings.designs, generator.image_size
    with seeded(settings.seed, "evaluate", "untrained"):
        fresh = build_generator(
            architecture, generator.latent_size, size, generator.distribution
        ).eval()
    noise = noise_designs(count, size, generator_for(settings.seed, "evaluate", "noise"))
    designs = sample_designs(generator, settings)
    shuffled = shuffled_designs(designs, generator_for(settings.seed, "evaluate", "shuffled"))
    untrained = sample_designs(fresh, settings)
    some = min(settings.designs_per_train_subject, count)
    one, held_out = {"train": 1, "test": 1}, {"test": 1}
    outfits = [
        Outfit("generated", designs, {"train": some, "test": count}),
        Outfit("surgical", surgical_design(size), one),
        Outfit("noise", noise, one),
        Outfit("grey", flat_design(0.5, size), one),
        Outfit("black", flat_design(0.0, size), one),
        Outfit("white", flat_design(1.0, size), one),
        Outfit("mean_colour", mean_colours(designs), held_out),
        Outfit("shuffled", shuffled, held_out),
        Outfit("other_face", other_faces(unmasked, count), held_out),
        Outfit("untrained", untrained, held_out),
    ]
    return Wardrobe(outfits, designs, untrained)


def surgical_design(image_size: int) -> torch.Tensor:
    """Draw a surgical mask: pale blue with pleats and a lighter band on top, ``[1, 3, H, W]``.

    The folds lie in the lower half, where the projection shows a design on an upright face.
    """
    height = torch.linspace(0, 1, image_size)
    phase = (height - 0.5) * 2 * PLEATS
    # Each fold darkens slowly towards its edge and ends abruptly, like cloth in raking light.
    fold = torch.where(height >= 0.5, phase % 1.0, torch.zeros(()))
    shade = 1 - _PLEAT_DEPTH * fold**3
    blue = torch.tensor(SURGICAL_BLUE)[:, None, None]
    return (blue * shade[None, :, None]).expand(3, image_size, image_size)[None].clone()


def noise_designs(count: int, image_size: int, generator: torch.Generator) -> torch.Tensor:
    """Draw designs of independent uniform pixels."""
    return torch.rand(count, 3, image_size, image_size, generator=generator)


def flat_design(value: float, image_size: int) -> torch.Tensor:
    """Return one design of a single shade: 0 is black, 0.5 grey, 1 white."""
    return torch.full((1, 3, image_size, image_size), value)


def mean_colours(designs: torch.Tensor) -> torch.Tensor:
    """Return each design as its mean colour everywhere: what is left without any pattern."""
    return designs.mean(dim=(2, 3), keepdim=True).expand_as(designs)


def shuffled_designs(designs: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Put the pixels of each design in random order: its colours are left, its pattern is not."""
    pixels = designs.flatten(2)
    order = torch.stack(
        [torch.randperm(pixels.shape[2], generator=generator) for _ in range(len(pixels))]
    )
    return pixels.gather(2, order[:, None].expand_as(pixels)).view_as(designs)


def other_faces(unmasked: PackedFaces, count: int) -> torch.Tensor:
    """Return photos of training people as designs, dealt so that nobody wears their own face.

    Design j is the photo of training person j + 1 in the order of ids, counted around, while
    training person k wears design k modulo their number; with two designs or more the two differ.

    Args:
        unmasked: everybody's unmasked photo.
        count: designs wanted; there are at least two, and no more than people who train.

    Raises:
        FaceveilError: if fewer than two people train.
    """
    rows = unmasked.rows.reset_index(drop=True)
    training = rows[rows["split"] == "train"].sort_values("subject_id").index.to_numpy()
    if len(training) < 2:
        raise FaceveilError(
            f"another person's face needs 2 training people, found {len(training)}; "
            "curate more people"
        )
    chosen = np.roll(training, -1)[: max(count, 2)]
    return unmasked.images(chosen)
