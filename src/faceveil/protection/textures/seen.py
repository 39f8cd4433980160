"""What recognizers see of people in textures, and what all trainings on the cloth do alike."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib import import_module
from typing import Any

import numpy as np
import torch
from torch import Tensor

from faceveil.params.cloth_training import ClothTraining
from faceveil.params.errors import FaceveilError
from faceveil.protection.textures.objectives import Evaded, false_matches, own_cosine
from faceveil.protection.textures.starts import draw_starts
from faceveil.protection.textures.wearers import WornPhotos
from faceveil.runtime.device import arithmetic, autocast
from faceveil.wearing.conditions import draw_conditions
from faceveil.wearing.crop_jitter import misplaced
from faceveil.wearing.texture import wear_texture

BETAS = (0.8, 0.99)
"""Of Adam: shorter than usual, as there are some tens of steps."""

LAST_RATE = 0.1
"""Share of the learning rate that is left at the end."""


def tiled(photos: WornPhotos, times: int) -> WornPhotos:
    """Return all photos, so many times over: ``times * B`` of them."""
    each = np.tile(np.arange(len(photos.images)), times)
    return replace(
        photos,
        images=photos.images[each],
        transparency=photos.transparency[each],
        coordinates=photos.coordinates[each],
        labels=photos.labels[each],
        places=photos.places[each],
        image_ids=photos.image_ids[each],
    )


def embeddings(
    settings: ClothTraining,
    evaded: Sequence[Evaded],
    textures: Tensor,
    photos: WornPhotos,
    step: int | None = None,
) -> list[Tensor]:
    """Return what each recognizer sees of photos in textures, unit vectors ``[B, E]``.

    Args:
        settings: the conditions and their seed, and the arithmetic.
        evaded: R recognizers.
        textures: one per photo, ``[B, 3, H, W]``.
        photos: B.
        step: without, textures are worn flat, else under the condition that each photo has in it.
    """
    device, conditions = textures.device, None
    if step is not None:
        conditions = draw_conditions(settings.conditions, photos.image_ids, step, settings.seed)
    worn = wear_texture(
        photos.images.to(device),
        photos.transparency.to(device),
        photos.coordinates.to(device),
        textures,
        conditions,
    )
    found = []
    for one in evaded:
        crops, places = misplaced(worn, photos.places, conditions, one.recognizer.needs_places)
        with autocast(arithmetic(settings.precision, device), device):
            features = one.recognizer.features(crops, places)
        found.append(one.recognizer.head(features.float()))
    return found


@torch.no_grad()
def worn_by(
    settings: ClothTraining, evaded: Sequence[Evaded], textures: Tensor, photos: WornPhotos
) -> tuple[Tensor, Tensor]:
    """Return likeness and false matches of all who wear each of C textures flat, ``[C]`` each."""
    labels, likeness, wrong = photos.labels.to(textures.device), [], []
    for texture in textures:
        worn = texture.expand(len(labels), -1, -1, -1)
        seen = embeddings(settings, evaded, worn, photos)
        cosines = [one @ by.templates.T for one, by in zip(seen, evaded, strict=True)]
        likeness.append(own_cosine(evaded, cosines, labels).mean())
        wrong.append(false_matches(evaded, cosines, labels).mean())
    return torch.stack(likeness), torch.stack(wrong)


def ranking(settings: ClothTraining, likeness: Tensor, wrong: Tensor) -> list[int]:
    """Return numbers of textures, best first; those that make too many false matches come last."""
    too_many = (wrong > settings.most_false_matches).tolist()
    return sorted(range(len(likeness)), key=lambda k: (too_many[k], float(likeness[k])))


def printed_starts(settings: ClothTraining, numbers: Sequence[int], device: torch.device) -> Tensor:
    """Draw starts by number, ``[N, 3, H, W]``, in colours that a printer has."""
    return printable(settings, draw_starts(settings, numbers).to(device))


def printable(settings: ClothTraining, textures: Tensor) -> Tensor:
    """Return the nearest colours that a printer prints."""
    return textures.clamp(settings.conditions.darkest_ink, settings.conditions.lightest_ink)


def falling_rate(done: float) -> float:
    """Return the share of the learning rate after a share of the steps: half a cosine."""
    return LAST_RATE + (1 - LAST_RATE) * (1 + math.cos(math.pi * done)) / 2


def blurred(gradient: Tensor, sigma: float) -> Tensor:
    """Return the gradient of textures ``[C, 3, H, W]`` without detail that no printer shows."""
    if sigma == 0:
        return gradient
    size = 2 * math.ceil(3 * sigma) + 1
    filters: Any = import_module("kornia.filters")  # not at the top: it takes a third of a second
    smooth: Tensor = filters.gaussian_blur2d(gradient, (size, size), (sigma, sigma))
    return smooth


def finite(section: str, values: Mapping[str, Tensor], step: int) -> dict[str, float]:
    """Return what a step measured, as numbers.

    Raises:
        FaceveilError: if one is not finite; names the section and what to lower.
    """
    numbers = {name: float(value.detach()) for name, value in values.items()}
    for name, value in numbers.items():
        if not math.isfinite(value):
            raise FaceveilError(
                f"{section}: {name} is {value} in step {step + 1}; lower {section}.learning_rate"
            )
    return numbers
