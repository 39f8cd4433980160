"""Optimising textures: from many starts to a few that hide whoever wears them.

Some starts are chosen by how little their wearers look like themselves, improved by gradient
descent through the photo, and the best are kept. A start that looks like a face and a recognizer's
own cosine as objective carry over to recognizers that took no part; free pixels from grey do not.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from faceveil.params.train_texture import TrainTexture
from faceveil.protection.textures.files import FoundTextures
from faceveil.protection.textures.objectives import Evaded, own_cosine, total_variation
from faceveil.protection.textures.seen import (
    BETAS,
    blurred,
    embeddings,
    falling_rate,
    finite,
    printable,
    printed_starts,
    ranking,
    tiled,
    worn_by,
)
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
from faceveil.runtime.progress import OnEpoch, named, progress
from faceveil.runtime.ranks import present_ranks
from faceveil.runtime.seeding import stream_seed


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
    settings, device = task.settings, task.evaded[0].templates.device
    draw = np.random.default_rng(stream_seed(settings.seed, "choosing"))
    photos = task.wearers.photos(task.wearers.drawn(settings.photos_to_choose, draw))
    stored = checkpoint.load() if checkpoint else None
    if stored:
        numbers = stored[1]["numbers"]
        starts = printed_starts(settings, numbers, device)
    else:
        candidates = printed_starts(settings, range(settings.candidates), device)
        tried = worn_by(settings, task.evaded, candidates, photos)
        numbers = ranking(settings, *tried)[: settings.optimised]
        starts = candidates[numbers]
    state = Optimisation(starts, numbers, settings)
    if stored:
        state.restore(*stored)
    _improve(task, state, checkpoint, report)
    textures = state.textures.detach()
    likeness, wrong = worn_by(settings, task.evaded, textures, photos)
    kept = ranking(settings, likeness, wrong)[: settings.kept]
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
            state.curves.append(take_step(task, state, step))
            report(step + 1, state.curves[-1])
            bar.update()
            due = (step + 1) % task.settings.checkpoint_steps == 0 or step + 1 == total
            if checkpoint and due and ranks.leads:
                checkpoint.save(*state.snapshot())


def take_step(task: Task, state: Optimisation, step: int) -> dict[str, float]:
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
    textures.grad = blurred(textures.grad, settings.blur)
    for group in state.optimizer.param_groups:
        group["lr"] = settings.learning_rate * falling_rate(step / settings.steps)
    state.optimizer.step()
    with torch.no_grad():
        textures.copy_(printable(settings, textures))
    named_rightly = (cosines[0].argmax(1) == labels).float().mean()
    return _values(likeness, roughness, named_rightly, step)


def _seen(
    task: Task, textures: Tensor, photos: WornPhotos, step: int
) -> tuple[list[Tensor], Tensor]:
    """Return cosines of everybody in every texture, ``[C * B, T]`` for each recognizer, and labels.

    Everybody is under the condition that the photo has in this step.
    """
    count = len(photos.images)
    everybody = tiled(photos, len(textures))
    worn = textures.repeat_interleave(count, 0)
    seen = embeddings(task.settings, task.evaded, worn, everybody, step)
    cosines = [one @ by.templates.T for one, by in zip(seen, task.evaded, strict=True)]
    return cosines, everybody.labels.to(textures.device)


def _values(likeness: Tensor, roughness: Tensor, accuracy: Tensor, step: int) -> dict[str, float]:
    values = {
        "generated_train_accuracy": accuracy,
        "likeness": likeness.mean(),
        "best_likeness": likeness.min(),
        "roughness": roughness.mean(),
    }
    return finite("train_texture", values, step)
