"""Optimising textures: from many starts to a few that hide whoever wears them.

Some starts are chosen by how little their wearers look like themselves, improved by gradient
descent through the photo, and the best are kept. A start that looks like a face and a recognizer's
own cosine as objective carry over to recognizers that took no part; free pixels from grey do not.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib import import_module
from typing import Any

import numpy as np
import torch
from torch import Tensor

from faceveil.params.errors import FaceveilError
from faceveil.params.train_texture import TrainTexture
from faceveil.protection.textures.files import FoundTextures
from faceveil.protection.textures.objectives import (
    Evaded,
    false_matches,
    own_cosine,
    total_variation,
)
from faceveil.protection.textures.starts import draw_starts
from faceveil.protection.textures.wearers import Wearers, WornPhotos
from faceveil.runtime.checkpoints import (
    Checkpoint,
    Record,
    Tensors,
    nested,
    optimizer_tensors,
    restore_optimizer,
    scratch_checkpoint,
    unnested,
)
from faceveil.runtime.device import arithmetic, autocast
from faceveil.runtime.progress import OnEpoch, named, progress
from faceveil.runtime.ranks import present_ranks
from faceveil.runtime.seeding import stream_seed
from faceveil.wearing.conditions import draw_conditions
from faceveil.wearing.crop_jitter import misplaced
from faceveil.wearing.texture import wear_texture

BETAS = (0.8, 0.99)
"""Of Adam: shorter than usual, as there are some tens of steps."""

LAST_RATE = 0.1
"""Share of the learning rate that is left at the end."""


@dataclass(frozen=True)
class Task:
    """What a texture is optimised on.

    Attributes:
        settings: where textures start, how many steps they take, which are kept.
        wearers: people who train, in masks.
        evaded: recognizers that enrolled them.
    """

    settings: TrainTexture
    wearers: Wearers
    evaded: Sequence[Evaded]


class Optimisation:
    """Textures on their way, and Adam's memory of it."""

    def __init__(self, starts: Tensor, numbers: list[int], settings: TrainTexture) -> None:
        self.numbers = numbers
        self.textures = starts.clone().requires_grad_()
        self.optimizer = torch.optim.Adam([self.textures], settings.learning_rate, BETAS)
        self.curves: list[dict[str, float]] = []

    def snapshot(self) -> tuple[Tensors, Record]:
        """Return all that is needed to go on; each step draws from streams of its own."""
        tensors = {"textures": self.textures.detach()}
        return tensors | nested("optimizer", optimizer_tensors(self.optimizer)), {
            "numbers": self.numbers,
            "curves": self.curves,
        }

    def restore(self, tensors: Tensors, record: Record) -> None:
        """Go on from what :meth:`snapshot` returned."""
        with torch.no_grad():
            self.textures.copy_(tensors["textures"])
        restore_optimizer(self.optimizer, unnested("optimizer", tensors))
        self.curves = record["curves"]


@contextmanager
def trained(
    task: Task, inputs: Mapping[str, str], report: OnEpoch
) -> Iterator[list[FoundTextures]]:
    """Do all trainings of an experiment, one after the other, and yield what they found.

    Each has a checkpoint of its own in the scratch folder, so that a killed run goes on in the
    training and step it was in. All are deleted once the block, which stores the outcome, has
    ended well. Names of the values that training ``t`` reports end in ``/t``, from the second on.
    """
    found, checkpoints = [], []
    for number in range(task.settings.trainings):
        seed = stream_seed(task.settings.seed, "training", number) if number else task.settings.seed
        settings = task.settings.model_copy(update={"seed": seed, "trainings": 1})
        key = {"settings": settings.model_dump(mode="json"), **inputs}
        checkpoints.append(scratch_checkpoint("train_texture", key))
        one = replace(task, settings=settings)
        found.append(optimise(one, checkpoints[-1], named(report, number)))
    yield found
    if present_ranks().leads:
        for checkpoint in checkpoints:
            checkpoint.delete()


def optimise(
    task: Task, checkpoint: Checkpoint | None = None, report: OnEpoch = lambda *_: None
) -> FoundTextures:
    """Choose starts, improve them, and keep the best.

    Where several ranks were joined, each takes its share of the photos of a step and all return the
    same textures. A checkpoint stays after success; steps that it holds are reported again.

    Raises:
        FaceveilError: if a texture is no longer finite.
    """
    settings = task.settings
    draw = np.random.default_rng(stream_seed(settings.seed, "choosing"))
    photos = task.wearers.photos(task.wearers.drawn(settings.photos_to_choose, draw))
    stored = checkpoint.load() if checkpoint else None
    if stored:
        numbers = stored[1]["numbers"]
        starts = _drawn(task, numbers)
    else:
        candidates = _drawn(task, range(settings.candidates))
        numbers = _ranking(task, *_worn_by(task, candidates, photos))[: settings.optimised]
        starts = candidates[numbers]
    state = Optimisation(starts, numbers, settings)
    if stored:
        state.restore(*stored)
    _improve(task, state, checkpoint, report)
    textures = state.textures.detach()
    likeness, wrong = _worn_by(task, textures, photos)
    kept = _ranking(task, likeness, wrong)[: settings.kept]
    return FoundTextures(
        textures=textures[kept].cpu(),
        starts=starts[kept].cpu(),
        numbers=[numbers[place] for place in kept],
        likeness=likeness[kept].tolist(),
        false_matches=wrong[kept].tolist(),
        curves=state.curves,
    )


def _improve(
    task: Task, state: Optimisation, checkpoint: Checkpoint | None, report: OnEpoch
) -> None:
    """Take the steps that are left."""
    ranks, done, total = present_ranks(), len(state.curves), task.settings.steps
    ranks.agree("a step to go on from,", done, state.textures.device)
    for step, values in enumerate(state.curves, start=1):
        report(step, values)
    with progress(
        "textures", total=total, initial=done, unit="step", disable=not ranks.leads
    ) as bar:
        for step in range(done, total):
            state.curves.append(_step(task, state, step))
            report(step + 1, state.curves[-1])
            bar.update()
            due = (step + 1) % task.settings.checkpoint_steps == 0 or step + 1 == total
            if checkpoint and due and ranks.leads:
                checkpoint.save(*state.snapshot())


def _step(task: Task, state: Optimisation, step: int) -> dict[str, float]:
    """Let all textures take one step on the same photos, each as if it were alone."""
    settings, textures, ranks = task.settings, state.textures, present_ranks()

    # Photos: of different people, each under a physical condition of its own.
    draw = np.random.default_rng(stream_seed(settings.seed, "photos", step))
    numbers = task.wearers.drawn(settings.photos_per_step, draw)
    share = ranks.share(len(numbers))
    photos = task.wearers.photos(numbers[share.start : share.stop])

    # Likeness: of everybody in every texture with who they are, the mean over recognizers.
    cosines, labels = _seen(task, textures, photos, step)
    likeness = own_cosine(task.evaded, cosines, labels).view(len(textures), -1).mean(1)

    # Loss: a sum over textures, none of which changes another's gradient.
    roughness = total_variation(textures)
    loss = (likeness + settings.smoothness * roughness).sum()
    state.optimizer.zero_grad()
    torch.autograd.backward(loss, inputs=[textures])
    ranks.average([textures], share.faces / len(numbers))

    # Step: without detail that no printer shows, and back to colours that it prints.
    assert textures.grad is not None
    textures.grad = _blurred(textures.grad, settings.blur)
    for group in state.optimizer.param_groups:
        group["lr"] = settings.learning_rate * _rate(step / settings.steps)
    state.optimizer.step()
    with torch.no_grad():
        textures.copy_(_printable(task, textures))
    named_rightly = (cosines[0].argmax(1) == labels).float().mean()
    return _values(likeness, roughness, named_rightly, step)


def _seen(
    task: Task, textures: Tensor, photos: WornPhotos, step: int | None = None
) -> tuple[list[Tensor], Tensor]:
    """Return cosines of everybody in every texture, ``[C * B, T]`` for each recognizer, and labels.

    Without a step they are worn flat, else under the condition that each photo has in this step.
    """
    device, count = textures.device, len(photos.images)
    each = np.tile(np.arange(count), len(textures))
    conditions = None
    if step is not None:
        ids = photos.image_ids[each]
        conditions = draw_conditions(task.settings.conditions, ids, step, task.settings.seed)
    worn = wear_texture(
        photos.images[each].to(device),
        photos.transparency[each].to(device),
        photos.coordinates[each].to(device),
        textures.repeat_interleave(count, 0),
        conditions,
    )
    cosines = []
    for one in task.evaded:
        crops, places = misplaced(
            worn, photos.places[each], conditions, one.recognizer.needs_places
        )
        with autocast(arithmetic(task.settings.precision, device), device):
            features = one.recognizer.features(crops, places)
        cosines.append(one.recognizer.head(features.float()) @ one.templates.T)
    return cosines, photos.labels[each].to(device)


@torch.no_grad()
def _worn_by(task: Task, textures: Tensor, photos: WornPhotos) -> tuple[Tensor, Tensor]:
    """Return likeness and false matches of all who wear each texture flat, ``[C]`` each."""
    likeness, wrong = [], []
    for texture in textures:
        cosines, labels = _seen(task, texture[None], photos)
        likeness.append(own_cosine(task.evaded, cosines, labels).mean())
        wrong.append(false_matches(task.evaded, cosines, labels).mean())
    return torch.stack(likeness), torch.stack(wrong)


def _ranking(task: Task, likeness: Tensor, wrong: Tensor) -> list[int]:
    """Return numbers of textures, best first; those that make too many false matches come last."""
    too_many = (wrong > task.settings.most_false_matches).tolist()
    return sorted(range(len(likeness)), key=lambda k: (too_many[k], float(likeness[k])))


def _drawn(task: Task, numbers: Sequence[int]) -> Tensor:
    """Draw starts by number, in colours that a printer has."""
    starts = draw_starts(task.settings, numbers)
    return _printable(task, starts.to(task.evaded[0].templates.device))


def _printable(task: Task, textures: Tensor) -> Tensor:
    return textures.clamp(
        task.settings.conditions.darkest_ink, task.settings.conditions.lightest_ink
    )


def _rate(done: float) -> float:
    """Return the share of the learning rate after a share of the steps: half a cosine."""
    return LAST_RATE + (1 - LAST_RATE) * (1 + math.cos(math.pi * done)) / 2


def _blurred(gradient: Tensor, sigma: float) -> Tensor:
    if sigma == 0:
        return gradient
    size = 2 * math.ceil(3 * sigma) + 1
    filters: Any = import_module("kornia.filters")  # not at the top: it takes a third of a second
    blurred: Tensor = filters.gaussian_blur2d(gradient, (size, size), (sigma, sigma))
    return blurred


def _values(likeness: Tensor, roughness: Tensor, accuracy: Tensor, step: int) -> dict[str, float]:
    values = {
        "generated_train_accuracy": float(accuracy),
        "likeness": float(likeness.detach().mean()),
        "best_likeness": float(likeness.detach().min()),
        "roughness": float(roughness.detach().mean()),
    }
    for name, value in values.items():
        if not math.isfinite(value):
            raise FaceveilError(
                f"train_texture: {name} is {value} in step {step + 1}; lower "
                "train_texture.learning_rate"
            )
    return values
