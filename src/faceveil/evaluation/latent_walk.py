"""Designs between latents: whether a generator learned many designs or one."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from faceveil.evaluation.controls import sample_designs
from faceveil.params.file import Params
from faceveil.protection.designs.generators import Generator, load_generator
from faceveil.runtime.seeding import generator_for

ANCHORS = 3
"""Latents that a walk passes through, the first and the last among them."""

Photos = NDArray[np.float32]
"""Designs ``[K, S, S, 3]`` in [0, 1], RGB."""


def latent_walk(generator: Generator, steps: int, seed: int) -> Tensor:
    """Return designs evenly spaced between latents drawn at random, ``[steps, 3, S, S]``.

    Normal latents are joined on an arc: nearly all of them have the same length, and a straight
    line would pass through lengths that the generator never saw. Uniform ones are joined straight.
    Source: T. White, "Sampling Generative Networks" (2016).

    Args:
        generator: the trained one.
        steps: designs, at least :data:`ANCHORS`.
        seed: of the latents that the walk passes through.

    Raises:
        ValueError: if there are fewer steps than latents to pass.
    """
    if steps < ANCHORS:
        raise ValueError(f"a walk through {ANCHORS} latents takes {ANCHORS} steps, not {steps}")
    anchors = generator.draw(ANCHORS, generator_for(seed, "report", "latent walk"))
    join = _arc if generator.distribution == "normal" else torch.lerp
    legs = list(pairwise(anchors))
    places = torch.linspace(0, len(legs), steps).tolist()
    latents = []
    for place in places:
        leg = min(int(place), len(legs) - 1)
        latents.append(join(*legs[leg], torch.tensor(place - leg)))
    with torch.inference_mode():
        designs: Tensor = generator.cpu()(torch.stack(latents))
    return designs


def _arc(start: Tensor, end: Tensor, share: Tensor) -> Tensor:
    """Interpolate on the sphere, and the length straight."""
    lengths = start.norm(), end.norm()
    angle = torch.arccos((start @ end / (lengths[0] * lengths[1])).clamp(-1, 1))
    if torch.sin(angle) < 1e-6:
        return torch.lerp(start, end, share)
    first, second = torch.sin((1 - share) * angle), torch.sin(share * angle)
    direction = first * start / lengths[0] + second * end / lengths[1]
    latent: Tensor = direction / torch.sin(angle) * torch.lerp(*lengths, share)
    return latent


def shown_designs(
    gans: Path, params: Params, steps: int = 8
) -> tuple[dict[str, Photos], dict[str, Photos]]:
    """Return, by experiment, the designs that people in the figure wear, and a latent walk.

    The designs are those of :func:`faceveil.evaluation.showcase.showcase`, in its order.

    Raises:
        FaceveilError: if a generator is missing.
    """
    designs, walks = {}, {}
    for name in params.experiments:
        generator = load_generator(gans / name)
        shown = sample_designs(generator, params.evaluate)[: params.report.people_shown]
        designs[name] = _photos(shown)
        walks[name] = _photos(latent_walk(generator, steps, params.evaluate.seed))
    return designs, walks


def _photos(designs: Tensor) -> Photos:
    photos: Photos = designs.permute(0, 2, 3, 1).numpy()
    return photos
