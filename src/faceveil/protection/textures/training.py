"""What all trainings of designs on the cloth do alike: choose starts, take steps, go on."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib import import_module
from typing import Any, TypeVar

import numpy as np
import torch
from torch import Tensor

from faceveil.params.cloth_training import ClothTraining
from faceveil.params.errors import FaceveilError
from faceveil.protection.textures.seen import Settings, Task, worn_by_all
from faceveil.protection.textures.starts import draw_starts
from faceveil.protection.textures.wearers import WornPhotos
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
from faceveil.runtime.progress import OnEpoch, named, progress
from faceveil.runtime.ranks import RankShare, present_ranks
from faceveil.runtime.seeding import stream_seed

Outcome = TypeVar("Outcome")

BETAS = (0.8, 0.99)
"""Of Adam: shorter than usual, as there are some tens of steps."""

LAST_RATE = 0.1
"""Share of the learning rate that is left at the end."""


@dataclass(frozen=True)
class Beginning:
    """What a training begins with.

    Attributes:
        photos: on which starts are chosen and the outcome is measured.
        numbers: of K chosen starts among the candidates, best first.
        starts: ``[K, 3, H, W]``.
    """

    photos: WornPhotos
    numbers: list[int]
    starts: Tensor


class Optimisation:
    """What is improved, and Adam's memory of it."""

    def __init__(
        self, improved: Tensors, groups: Sequence[dict[str, Any]], numbers: list[int]
    ) -> None:
        """Begin.

        Args:
            improved: all that steps change, sharing memory with it.
            groups: of parameters, with their learning rates.
            numbers: of the starts.
        """
        self.improved, self.numbers = improved, numbers
        self.optimizer = torch.optim.Adam(groups, betas=BETAS)
        self._rates = [group["lr"] for group in self.optimizer.param_groups]
        self.curves: list[dict[str, float]] = []

    def descend(self, done: float) -> None:
        """Take a step of Adam, after a share of the steps: its rate falls by half a cosine."""
        left = LAST_RATE + (1 - LAST_RATE) * (1 + math.cos(math.pi * done)) / 2
        for group, rate in zip(self.optimizer.param_groups, self._rates, strict=True):
            group["lr"] = rate * left
        self.optimizer.step()

    def snapshot(self) -> tuple[Tensors, Record]:
        """Return all that is needed to go on; each step draws from streams of its own."""
        tensors = nested("improved", self.improved)
        return tensors | nested("optimizer", optimizer_tensors(self.optimizer)), {
            "numbers": self.numbers,
            "curves": self.curves,
        }

    @torch.no_grad()
    def restore(self, checkpoint: Checkpoint) -> None:
        """Go on from a saved :meth:`snapshot`, if there is one.

        Raises:
            FaceveilError: if it lacks something that is improved.
        """
        if (saved := checkpoint.load()) is None:
            return
        tensors, record = saved
        stored = unnested("improved", tensors)
        for name, values in self.improved.items():
            if name not in stored:
                raise checkpoint.damaged(f"it holds no {name!r}")
            values.copy_(stored[name])
        restore_optimizer(self.optimizer, unnested("optimizer", tensors))
        self.curves = record["curves"]


@contextmanager
def trained(
    task: Task[Settings],
    inputs: Mapping[str, str],
    train: Callable[[Task[Settings], Checkpoint, OnEpoch], Outcome],
    report: OnEpoch,
) -> Iterator[list[Outcome]]:
    """Do all trainings of an experiment, one after the other, and yield what came out.

    Each has a checkpoint of its own in the scratch folder, so that a killed run goes on in the
    training and step it was in. All are deleted once the block, which stores the outcome, has
    ended well. Names of the values that training ``t`` reports end in ``/t``, from the second on.
    """
    found, checkpoints = [], []
    for number in range(task.settings.trainings):
        seed = stream_seed(task.settings.seed, "training", number) if number else task.settings.seed
        settings = task.settings.model_copy(update={"seed": seed, "trainings": 1})
        key = {"settings": settings.model_dump(mode="json"), **inputs}
        checkpoints.append(scratch_checkpoint(settings.SECTION, key))
        found.append(
            train(replace(task, settings=settings), checkpoints[-1], named(report, number))
        )
    yield found
    if present_ranks().leads:
        for checkpoint in checkpoints:
            checkpoint.delete()


def begin(task: Task[ClothTraining], count: int, checkpoint: Checkpoint | None) -> Beginning:
    """Choose starts by how well they hide whoever wears them; or take those of a killed run."""
    draw = np.random.default_rng(stream_seed(task.settings.seed, "choosing"))
    photos = task.wearers.photos(task.wearers.drawn(task.settings.photos_to_choose, draw))
    if stored := checkpoint.load() if checkpoint else None:
        numbers = stored[1]["numbers"]
        return Beginning(photos, numbers, _printed_starts(task, numbers))
    candidates = _printed_starts(task, range(task.settings.candidates))
    numbers = ranking(task.settings, *worn_by_all(task, candidates, photos))[:count]
    return Beginning(photos, numbers, candidates[numbers])


@dataclass(frozen=True)
class StepPhotos:
    """Photos of a step.

    Attributes:
        share: this rank's.
        taken: which of all photos these are.
        labels: int64 ``[B]``, who is on all photos of the step.
    """

    share: WornPhotos
    taken: RankShare
    labels: Tensor

    @property
    def part(self) -> float:
        """What part of all photos this rank's are."""
        return self.taken.faces / len(self.labels)


def photos_of_step(task: Task[ClothTraining], step: int) -> StepPhotos:
    """Draw the photos of a step, of different people."""
    draw = np.random.default_rng(stream_seed(task.settings.seed, "photos", step))
    numbers = task.wearers.drawn(task.settings.photos_per_step, draw)
    taken = present_ranks().share(len(numbers))
    share = task.wearers.photos(numbers[taken.start : taken.stop])
    return StepPhotos(share, taken, torch.from_numpy(task.wearers.labels[numbers]))


def improve(
    task: Task[ClothTraining],
    state: Optimisation,
    step: Callable[[StepPhotos, int], Mapping[str, Tensor]],
    checkpoint: Checkpoint | None,
    report: OnEpoch,
) -> None:
    """Take the steps that are left.

    Args:
        task: with their number.
        state: as it began.
        step: takes one, by its photos and number; returns what it measured of this rank's photos.
        checkpoint: what a killed run left, to go on from; stays after success.
        report: is told all steps, those of a killed run again.

    Raises:
        FaceveilError: if a value is no longer finite.
    """
    if checkpoint:
        state.restore(checkpoint)
    ranks, done, settings = present_ranks(), len(state.curves), task.settings
    ranks.agree("a step to go on from,", done, task.device)
    for number, values in enumerate(state.curves, start=1):
        report(number, values)
    title, total = settings.SECTION.removeprefix("train_"), settings.steps
    with progress(title, total=total, initial=done, unit="step", disable=not ranks.leads) as bar:
        for number in range(done, total):
            photos = photos_of_step(task, number)
            measured = _of_all(step(photos, number), photos.part)
            state.curves.append(_finite(settings.SECTION, measured, number))
            report(number + 1, state.curves[-1])
            bar.update()
            due = (number + 1) % settings.checkpoint_steps == 0 or number + 1 == total
            if checkpoint and due and ranks.leads:
                checkpoint.save(*state.snapshot())


def ranking(settings: ClothTraining, likeness: Tensor, wrong: Tensor) -> list[int]:
    """Return numbers of textures, best first; those that make too many false matches come last."""
    too_many = (wrong > settings.most_false_matches).tolist()
    return sorted(range(len(likeness)), key=lambda k: (too_many[k], float(likeness[k])))


def printable(settings: ClothTraining, textures: Tensor) -> Tensor:
    """Return the nearest colours that a printer prints."""
    return textures.clamp(settings.conditions.darkest_ink, settings.conditions.lightest_ink)


def blurred(gradient: Tensor, sigma: float) -> Tensor:
    """Return the gradient of textures ``[C, 3, H, W]`` without detail that no printer shows."""
    if sigma == 0:
        return gradient
    size = 2 * math.ceil(3 * sigma) + 1
    filters: Any = import_module("kornia.filters")  # not at the top: it takes a third of a second
    smooth: Tensor = filters.gaussian_blur2d(gradient, (size, size), (sigma, sigma))
    return smooth


def _printed_starts(task: Task[ClothTraining], numbers: Sequence[int]) -> Tensor:
    """Draw starts by number, in colours that a printer has."""
    return printable(task.settings, draw_starts(task.settings, numbers).to(task.device))


def _of_all(values: Mapping[str, Tensor], part: float) -> dict[str, float]:
    """Return means over the photos of all ranks, from those over this rank's part of them."""
    whole = present_ranks().total(torch.stack([one.detach() for one in values.values()]) * part)
    return dict(zip(values, whole.tolist(), strict=True))


def _finite(section: str, values: dict[str, float], step: int) -> dict[str, float]:
    for name, value in values.items():
        if not math.isfinite(value):
            raise FaceveilError(
                f"{section}: {name} is {value} in step {step + 1}; lower {section}.learning_rate"
            )
    return values
