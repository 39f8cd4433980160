"""Training a mask GAN: a generator of designs against a face recognizer.

After A. Maynard, "Design of Facemasks to Protect from Facial Recognition using Generative
Adversarial Networks" (2021), with the trunk of the recognizer frozen for good. One step of it is in
:mod:`faceveil.protection.designs.step`.
"""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

import numpy as np
import torch
from torch import nn
from tqdm import tqdm

from faceveil.params.errors import FaceveilError
from faceveil.params.gan_training import GanTraining
from faceveil.protection.designs.identification import identification_interval, rank_1_accuracy
from faceveil.protection.designs.inputs import GanInputs
from faceveil.protection.designs.state import State
from faceveil.protection.designs.step import Batch, Setup, train_step
from faceveil.protection.designs.training_data import Surrogate, TrainingData, draw_others
from faceveil.runtime.checkpoints import Checkpoint, scratch_checkpoint
from faceveil.runtime.progress import OnEpoch, named, progress
from faceveil.runtime.ranks import present_ranks
from faceveil.runtime.seeding import generator_for, stream_seed

COLUMNS = (
    "generator_loss",
    "recognizer_loss",
    "penalty",
    "generated_train_accuracy",
    "plain_mask_accuracy",
    "clean_face_accuracy",
)
"""The values of an epoch, the same for every experiment; accuracies are rank 1 among all people."""

SHEETS = 8
"""At most so many epochs are shown in the design evolution."""


class TrunkAndHead(Protocol):
    """The recognizer trained against: a trunk that stays, and a head whose ``weight`` may learn."""

    @property
    def trunk(self) -> nn.Module:
        """From photos ``[B, 3, S, S]`` in [0, 1] to features ``[B, F]``."""

    @property
    def head(self) -> nn.Module:
        """From features ``[B, F]`` to unit embeddings ``[B, E]``."""


@contextmanager
def trained(settings: GanTraining, inputs: GanInputs, report: OnEpoch) -> Iterator[list[State]]:
    """Do all trainings of an experiment, one after the other, and yield their states.

    Each has a checkpoint of its own in the scratch folder, so that a killed run goes on in the
    training and epoch it was in. All are deleted once the block, which stores the outcome, has
    ended well. Names of the values that training ``t`` reports end in ``/t``, from the second on.
    """
    states, checkpoints = [], []
    data, target, surrogates = inputs.data, inputs.target, inputs.surrogates
    for number in range(settings.trainings):
        one, told = settings_of(settings, number), named(report, number)
        key = {"settings": one.model_dump(mode="json"), **inputs.fingerprints}
        checkpoints.append(scratch_checkpoint("train_gan", key))
        states.append(train_mask_gan(one, data, target, checkpoints[-1], told, surrogates))
    yield states
    if present_ranks().leads:
        for checkpoint in checkpoints:
            checkpoint.delete()


def settings_of(settings: GanTraining, training: int) -> GanTraining:
    """Return the settings of one training alone: the first keeps the seed, others derive theirs."""
    seed = stream_seed(settings.seed, "training", training) if training else settings.seed
    return settings.model_copy(update={"seed": seed, "trainings": 1})


def train_mask_gan(
    settings: GanTraining,
    data: TrainingData,
    target: TrunkAndHead,
    checkpoint: Checkpoint | None = None,
    report: OnEpoch = lambda *_: None,
    surrogates: Sequence[Surrogate] = (),
) -> State:
    """Do all epochs of one training and return its state; the recognizer given stays as it was.

    Where several ranks were joined, each takes its share of every batch and all return the same
    state; the first alone saves. The checkpoint stays after success, so that nothing is lost before
    the caller has written the outcome; epochs that it holds already are reported again.
    """
    device = data.gallery.device
    trunk = target.trunk.to(device).eval().requires_grad_(False)
    state = State(settings, target.head, data.faces.image_size, device)
    setup = Setup(state, data, trunk, surrogates, present_ranks())
    if checkpoint and (stored := checkpoint.load()):
        state.restore(*stored)
    else:
        state.draw_sheet()
    setup.ranks.agree("an epoch to go on from,", len(state.curves), device)
    for epoch, values in enumerate(state.curves, start=1):
        report(epoch, values)
    shown = sheet_epochs(settings.epochs)
    with _progress(setup) as bar:
        for epoch in range(len(state.curves) + 1, settings.epochs + 1):
            values = _train_epoch(setup, epoch, bar)
            state.curves.append(values)
            report(epoch, values)
            if epoch in shown:
                state.draw_sheet()
            due = epoch % settings.checkpoint_epochs == 0 or epoch == settings.epochs
            if checkpoint and due and setup.ranks.leads:
                checkpoint.save(*state.snapshot())
    return state


def sheet_epochs(epochs: int) -> set[int]:
    """Return the epochs whose designs are shown: 0, the last, and some that grow in between.

    Example:
        >>> sorted(sheet_epochs(100))
        [0, 1, 2, 5, 10, 22, 46, 100]
    """
    return {0, *np.geomspace(1, epochs, SHEETS - 1).round().astype(int).tolist()}


def _train_epoch(setup: Setup, epoch: int, bar: "tqdm[Any]") -> dict[str, float]:
    """Take one step on each batch of people, the last and smaller one too."""
    state, data, ranks = setup.state, setup.data, setup.ranks
    total, searched = torch.zeros(4, device=state.device), 0
    for batch in _batches(setup, epoch):
        total += train_step(setup, batch)
        searched += batch.searched * len(batch.subjects)
        bar.update()
    *sums, hits = ranks.total(total).tolist()
    means = [*(value / data.trained for value in sums), hits / searched]
    accuracies = [
        rank_1_accuracy(state.head, probes.features, probes.labels, data.gallery, ranks)
        for probes in (data.plain_mask, data.clean_face)
    ]
    values = dict(zip(COLUMNS, [*means, *accuracies], strict=True))
    shown = {name.removesuffix("_accuracy"): f"{v:.3g}" for name, v in values.items()}
    bar.set_postfix(shown, refresh=False)
    for name, value in values.items():
        if not math.isfinite(value):
            raise FaceveilError(
                f"train_gan: {name} is {value} in epoch {epoch}; lower train_gan.learning_rate "
                "or train_gan.recognizer_learning_rate"
            )
    return values


def _batches(setup: Setup, epoch: int) -> Iterator[Batch]:
    """Yield the batches of an epoch; the same on every rank and device."""
    data, settings = setup.data, setup.state.settings
    order = torch.randperm(data.trained, generator=generator_for(settings.seed, "batches", epoch))
    stream = generator_for(settings.seed, "latents", epoch)
    draw = np.random.default_rng(stream_seed(settings.seed, "gallery", epoch))
    enrolled = min(settings.gallery_people or data.trained, data.trained)
    batches = torch.split(order, settings.batch_size)
    interval = identification_interval(len(data.gallery), settings.batch_size, len(batches))
    for step, subjects in enumerate(batches):
        designs = min(settings.designs_per_batch, len(subjects))
        latents = setup.state.generator.draw(designs, stream)
        if enrolled == data.trained:
            yield Batch(subjects, latents)
        else:
            others = draw_others(subjects, data.trained, enrolled, draw)
            yield Batch(subjects, latents, others, searched=step % interval == interval // 2)


def _progress(setup: Setup) -> "tqdm[Any]":
    """Return a progress bar over the batches of all epochs."""
    state = setup.state
    batches = -(-setup.data.trained // state.settings.batch_size)
    return progress(
        "train_gan",
        total=state.settings.epochs * batches,
        unit="batch",
        initial=len(state.curves) * batches,
        disable=not setup.ranks.leads,
    )
