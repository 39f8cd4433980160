"""What a design is compared with: plain patterns worn in its place.

A rate says nothing about a design until the same faces have worn something else through the same
projection. All designs are float32 ``[K, 3, H, W]`` RGB in [0, 1].
"""

import torch

from faceveil.evaluation.trials import Outfit
from faceveil.models.generators import Generator, build_generator
from faceveil.params.evaluate import Evaluate
from faceveil.training.seeding import generator_for, seeded

SURGICAL_BLUE = (0.66, 0.80, 0.88)
"""Colour of the drawn surgical mask: the pale blue of a disposable one."""

PLEATS = 3
"""Horizontal folds of a disposable mask."""

_PLEAT_DEPTH = 0.12
"""How much darker a fold is than the cloth around it."""


def sample_designs(generator: Generator, settings: Evaluate) -> torch.Tensor:
    """Draw the designs that are judged, ``[K, 3, S, S]``; the same seed draws the same ones.

    The latents are drawn from what the generator was trained on, on the CPU, all at once.
    """
    latents = generator.draw(settings.designs, generator_for(settings.seed, "evaluate", "latents"))
    with torch.inference_mode():
        designs: torch.Tensor = generator.cpu()(latents)
    return designs


def all_outfits(generator: Generator, architecture: str, settings: Evaluate) -> list[Outfit]:
    """Return everything that is worn: the generator's designs and the controls.

    A held-out person wears every generated design, a training person some. Of a control each person
    wears one design: the interval is over people, and a second one would tell little more.

    Args:
        generator: the trained one.
        architecture: its name; the untrained generator is another one of it, freshly drawn.
        settings: how many designs, and the seed.
    """
    count, size = settings.designs, generator.image_size
    with seeded(settings.seed, "evaluate", "untrained"):
        fresh = build_generator(
            architecture, generator.latent_size, size, generator.distribution
        ).eval()
    noise = noise_designs(count, size, generator_for(settings.seed, "evaluate", "noise"))
    some = min(settings.designs_per_train_subject, count)
    one = {"train": 1, "test": 1}
    return [
        Outfit("generated", sample_designs(generator, settings), {"train": some, "test": count}),
        Outfit("surgical", surgical_design(size), one),
        Outfit("noise", noise, one),
        Outfit("grey", flat_design(0.5, size), one),
        Outfit("black", flat_design(0.0, size), one),
        Outfit("untrained", sample_designs(fresh, settings), one),
    ]


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
    """Return one design of a single shade: 0 is black, 0.5 grey."""
    return torch.full((1, 3, image_size, image_size), value)
