"""What recognizers see of people who wear textures."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Generic, Self, TypeVar

import numpy as np
import torch
from torch import Tensor

from faceveil.params.cloth_training import ClothTraining
from faceveil.protection.textures.objectives import Evaded, false_matches, own_cosine
from faceveil.protection.textures.wearers import Wearers, WornPhotos
from faceveil.runtime.device import arithmetic, autocast
from faceveil.runtime.progress import progress
from faceveil.runtime.ranks import present_ranks
from faceveil.wearing.conditions import draw_conditions
from faceveil.wearing.crop_jitter import misplaced
from faceveil.wearing.texture import wear_texture

Settings = TypeVar("Settings", bound=ClothTraining)
Settings_co = TypeVar("Settings_co", bound=ClothTraining, covariant=True)
"""The section of a method that makes designs on the cloth."""


@dataclass(frozen=True)
class Task(Generic[Settings_co]):
    """What designs on the cloth are trained on.

    Attributes:
        settings: of the method.
        wearers: people who train, in masks.
        evaded: recognizers that enrolled them.
        features: unit vectors ``[T, E]``, what the target stored of these people's bare faces, if
            designs are drawn from that.
    """

    settings: Settings_co
    wearers: Wearers
    evaded: Sequence[Evaded]
    features: Tensor | None = None

    @property
    def device(self) -> torch.device:
        """Where all is computed."""
        return self.evaded[0].templates.device

    def of_step(self, step: int) -> Self:
        """Return it with the recognizers that a step looks with: all, but for those left out.

        Which these are goes in turn. Y. Liu et al., "Delving into Transferable Adversarial
        Examples" (2017), look with all; that a design must hold before another one than it was just
        changed against is from Z. Yuan et al., "Meta Gradient Adversarial Attack" (2021).
        """
        count, out = len(self.evaded), self.settings.left_out_per_step
        turn = [(step + place) % count for place in range(count - out)]
        return replace(self, evaded=[self.evaded[place] for place in sorted(turn)])


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
    task: Task[ClothTraining], textures: Tensor, photos: WornPhotos, step: int | None = None
) -> list[Tensor]:
    """Return what each recognizer sees of photos in textures, unit vectors ``[B, E]``.

    Args:
        task: with R recognizers, the conditions and the arithmetic.
        textures: one per photo, ``[B, 3, H, W]``.
        photos: B.
        step: without, textures are worn flat, else under the condition that each photo has in it.
    """
    device, settings, conditions = textures.device, task.settings, None
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
    for one in task.evaded:
        crops, places = misplaced(worn, photos.places, conditions, one.recognizer.needs_places)
        with autocast(arithmetic(settings.precision, device), device):
            features = one.recognizer.features(crops, places)
        found.append(one.recognizer.head(features.float()))
    return found


def cosines(task: Task[ClothTraining], seen: Sequence[Tensor]) -> list[Tensor]:
    """Return the cosines of embeddings with everybody's template, ``[B, T]`` of each recognizer."""
    return [one @ by.templates.T for one, by in zip(seen, task.evaded, strict=True)]


@torch.no_grad()
def worn_flat(
    task: Task[ClothTraining], textures: Tensor, photos: WornPhotos
) -> tuple[Tensor, Tensor]:
    """Return the mean likeness and false matches of people, each in a texture, worn flat."""
    labels = photos.labels.to(textures.device)
    found = cosines(task, embeddings(task, textures, photos))
    likeness = own_cosine(task.evaded, found, labels)
    return likeness.mean(), false_matches(task.evaded, found, labels).mean()


def worn_by_all(
    task: Task[ClothTraining], textures: Tensor, photos: WornPhotos
) -> tuple[Tensor, Tensor]:
    """Return likeness and false matches of all who wear each of C textures flat, ``[C]`` each."""
    count = len(photos.images)
    tried = progress("textures tried", textures, unit="texture", disable=not present_ranks().leads)
    found = [worn_flat(task, one.expand(count, -1, -1, -1), photos) for one in tried]
    likeness, wrong = zip(*found, strict=True)
    return torch.stack(likeness), torch.stack(wrong)
