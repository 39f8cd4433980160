"""Training a generator of textures: designs that hide their wearers, and differ in how they do.

Either many designs for anybody, drawn from random numbers around several starts, or one design for
everybody of their own, drawn from what the target stored of their bare face. The objective is that
of optimised textures. Designs for anybody are also kept apart in embedding shift: else two wearers
of different designs match each other, and one shift, subtracted, undoes all designs.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from faceveil.params.train_generator import TrainGenerator
from faceveil.protection.textures.generator import Shape, TextureGenerator, TrainedGenerator
from faceveil.protection.textures.objectives import (
    Evaded,
    false_matches,
    mean_pairwise_cosine,
    own_cosine,
    total_variation,
)
from faceveil.protection.textures.seen import (
    BETAS,
    blurred,
    embeddings,
    falling_rate,
    finite,
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
from faceveil.runtime.ranks import RankShare, present_ranks
from faceveil.runtime.seeding import generator_for, seeded, stream_seed

SHOWN = 6
"""Designs that a training is measured on and its picture shows."""


@dataclass(frozen=True)
class GeneratorTask:
    """What a generator is trained on.

    Attributes:
        settings: what it draws from, how many steps it takes.
        wearers: people who train, in masks.
        evaded: recognizers that enrolled them, the target first.
        features: unit vectors ``[T, E]``, what the target stored of these people's bare faces, if
            designs are drawn from that.
    """

    settings: TrainGenerator
    wearers: Wearers
    evaded: Sequence[Evaded]
    features: Tensor | None = None


class GeneratorState:
    """A generator on its way, and Adam's memory of it."""

    def __init__(self, task: GeneratorTask) -> None:
        settings, device = task.settings, task.evaded[0].templates.device
        with seeded(settings.seed, "generator"):
            self.generator = TextureGenerator(_shape(task)).to(device)
        self.numbers: list[int] = []
        network = [p for n, p in self.generator.named_parameters() if n != "corrections"]
        self.rates = (settings.learning_rate, settings.generator_learning_rate)
        self.optimizer = torch.optim.Adam(
            [{"params": [self.generator.corrections]}, {"params": network}], betas=BETAS
        )
        self.curves: list[dict[str, float]] = []

    def snapshot(self) -> tuple[Tensors, Record]:
        """Return all that is needed to go on; each step draws from streams of its own."""
        tensors = nested("generator", self.generator.state_dict())
        return tensors | nested("optimizer", optimizer_tensors(self.optimizer)), {
            "numbers": self.numbers,
            "curves": self.curves,
        }

    def restore(self, tensors: Tensors, record: Record) -> None:
        """Go on from what :meth:`snapshot` returned."""
        self.generator.load_state_dict(unnested("generator", tensors))
        restore_optimizer(self.optimizer, unnested("optimizer", tensors))
        self.numbers, self.curves = record["numbers"], record["curves"]


def _shape(task: GeneratorTask) -> Shape:
    settings = task.settings
    size = settings.latent_size
    return Shape(
        conditioned_on=settings.conditioned_on,
        numbers=size if task.features is None else task.features.shape[1],
        hidden=size,
        channels=settings.channels,
        starts=settings.starts,
        height=settings.height,
        width=settings.width,
        darkest=settings.conditions.darkest_ink,
        lightest=settings.conditions.lightest_ink,
    )


@contextmanager
def trained(
    task: GeneratorTask, inputs: Mapping[str, str], report: OnEpoch
) -> Iterator[list[TrainedGenerator]]:
    """Do all trainings of an experiment, one after the other, and yield what came out.

    Checkpoints and names are as :func:`faceveil.protection.textures.optimise.trained` says.
    """
    found, checkpoints = [], []
    for number in range(task.settings.trainings):
        seed = stream_seed(task.settings.seed, "training", number) if number else task.settings.seed
        settings = task.settings.model_copy(update={"seed": seed, "trainings": 1})
        key = {"settings": settings.model_dump(mode="json"), **inputs}
        checkpoints.append(scratch_checkpoint("train_generator", key))
        one = replace(task, settings=settings)
        found.append(train_generator(one, checkpoints[-1], named(report, number)))
    yield found
    if present_ranks().leads:
        for checkpoint in checkpoints:
            checkpoint.delete()


def train_generator(
    task: GeneratorTask, checkpoint: Checkpoint | None = None, report: OnEpoch = lambda *_: None
) -> TrainedGenerator:
    """Choose starts, and train a generator around them.

    Where several ranks were joined, each takes its share of the photos of a step and all return the
    same generator. A checkpoint stays after success; steps that it holds are reported again.

    Raises:
        FaceveilError: if a loss is no longer finite.
    """
    settings, state = task.settings, GeneratorState(task)
    draw = np.random.default_rng(stream_seed(settings.seed, "choosing"))
    photos = task.wearers.photos(task.wearers.drawn(settings.photos_to_choose, draw))
    stored = checkpoint.load() if checkpoint else None
    if stored:
        state.restore(*stored)
    else:
        device = task.evaded[0].templates.device
        candidates = printed_starts(settings, range(settings.candidates), device)
        tried = worn_by(settings, task.evaded, candidates, photos)
        state.numbers = ranking(settings, *tried)[: settings.starts]
        state.generator.begin(candidates[state.numbers], task.features)
    _improve(task, state, checkpoint, report)
    return _outcome(task, state, photos)


def _improve(
    task: GeneratorTask, state: GeneratorState, checkpoint: Checkpoint | None, report: OnEpoch
) -> None:
    """Take the steps that are left."""
    ranks, done, total = present_ranks(), len(state.curves), task.settings.steps
    ranks.agree("a step to go on from,", done, task.evaded[0].templates.device)
    for step, values in enumerate(state.curves, start=1):
        report(step, values)
    with progress(
        "generator", total=total, initial=done, unit="step", disable=not ranks.leads
    ) as bar:
        for step in range(done, total):
            state.curves.append(_step(task, state, step))
            report(step + 1, state.curves[-1])
            bar.update()
            due = (step + 1) % task.settings.checkpoint_steps == 0 or step + 1 == total
            if checkpoint and due and ranks.leads:
                checkpoint.save(*state.snapshot())


def _step(task: GeneratorTask, state: GeneratorState, step: int) -> dict[str, float]:
    """Take one step: new designs, on the same photos each, or everybody's own on their photo."""
    settings, generator, ranks = task.settings, state.generator, present_ranks()

    # Photos: of different people, each under a physical condition of its own.
    draw = np.random.default_rng(stream_seed(settings.seed, "photos", step))
    numbers = task.wearers.drawn(settings.photos_per_step, draw)
    share = ranks.share(len(numbers))
    photos = task.wearers.photos(numbers[share.start : share.stop])

    # Designs: new ones in each step, the same on all ranks; or one for each wearer.
    textures = _drawn(task, generator, photos, step)
    designs = textures.detach().requires_grad_()
    worn, wearers = _put_on(task, designs, photos)

    # Likeness: of everybody in every design with who they are, the mean over recognizers.
    seen = embeddings(settings, task.evaded, worn, wearers, step)
    labels = wearers.labels.to(designs.device)
    cosines = [one @ by.templates.T for one, by in zip(seen, task.evaded, strict=True)]
    likeness = own_cosine(task.evaded, cosines, labels).mean()
    roughness = total_variation(designs).mean()

    # Loss: also how alike designs move their wearers' embeddings.
    alike = _alike(task, seen, labels, share) if settings.diversity else likeness.new_zeros(())
    loss = likeness + settings.smoothness * roughness + settings.diversity * alike
    torch.autograd.backward(loss, inputs=[designs])

    # Step: without detail that no printer shows.
    assert designs.grad is not None
    state.optimizer.zero_grad()
    torch.autograd.backward([textures], [blurred(designs.grad, settings.blur)])
    ranks.average(generator.parameters(), share.faces / len(numbers))
    for group, rate in zip(state.optimizer.param_groups, state.rates, strict=True):
        group["lr"] = rate * falling_rate(step / settings.steps)
    state.optimizer.step()
    values = {
        "generated_train_accuracy": (cosines[0].argmax(1) == labels).float().mean(),
        "likeness": likeness,
        "shift_cosine": alike,
        "roughness": roughness,
    }
    return finite("train_generator", values, step)


def _drawn(
    task: GeneratorTask, generator: TextureGenerator, photos: WornPhotos, step: int
) -> Tensor:
    """Return designs for anybody, ``[D, 3, H, W]``, or the own one of who is on each photo."""
    if task.features is not None:
        return _own(task, generator, photos)
    stream = generator_for(task.settings.seed, "latents", step)
    # Where designs are fewer than starts, every start has its turn.
    drawn: Tensor = generator(*generator.latents(task.settings.designs_per_step, stream, step))
    return drawn


def _own(task: GeneratorTask, generator: TextureGenerator, photos: WornPhotos) -> Tensor:
    """Return the design of who is on each photo, ``[B, 3, H, W]``."""
    assert task.features is not None
    labels = photos.labels.to(task.features.device)
    designs: Tensor = generator(task.features[labels], torch.zeros_like(labels))
    return designs


def _put_on(task: GeneratorTask, designs: Tensor, photos: WornPhotos) -> tuple[Tensor, WornPhotos]:
    """Return a design for each photo, and the photos: all in all designs, or each in its own."""
    if task.features is not None:
        return designs, photos
    count = len(photos.images)
    return designs.repeat_interleave(count, 0), tiled(photos, len(designs))


def _alike(task: GeneratorTask, seen: Sequence[Tensor], labels: Tensor, share: RankShare) -> Tensor:
    """Return the mean cosine of two designs' mean shifts, the mean over recognizers.

    A shift is worn minus own template; its mean is over the photos of all ranks. Its gradient is of
    this rank's photos alone, weighted as those of all other losses are.
    """
    ranks, designs, found = present_ranks(), task.settings.designs_per_step, []
    part = share.faces / min(task.settings.photos_per_step, len(task.wearers))
    for one, by in zip(seen, task.evaded, strict=True):
        shifts = (one - by.templates[labels]).view(designs, -1, one.shape[1]).mean(1)
        whole = ranks.total(part * shifts.detach())
        found.append(mean_pairwise_cosine(whole + shifts - shifts.detach()))
    return torch.stack(found).mean()


@torch.no_grad()
def _outcome(task: GeneratorTask, state: GeneratorState, photos: WornPhotos) -> TrainedGenerator:
    """Measure some designs on the photos that starts were chosen on, worn flat."""
    settings, generator = task.settings, state.generator
    if task.features is None:
        numbers, starts = generator.latents(SHOWN, generator_for(settings.seed, "shown"))
        designs = generator(numbers, starts)
        likeness, wrong = worn_by(settings, task.evaded, designs, photos)
    else:
        designs = _own(task, generator, photos)
        starts = torch.zeros(len(designs[:SHOWN]), dtype=torch.int64)
        likeness, wrong = _own_worn(task, designs, photos)
    measured = {
        "starts": state.numbers,
        "likeness": likeness.tolist(),
        "false_matches": wrong.tolist(),
    }
    sheets = (generator.starts[starts].cpu(), designs[:SHOWN].cpu())
    return TrainedGenerator(generator.cpu().eval(), sheets, measured, state.curves)


def _own_worn(task: GeneratorTask, designs: Tensor, photos: WornPhotos) -> tuple[Tensor, Tensor]:
    """Return the mean likeness and share of false matches of people in their own, ``[1]`` each."""
    labels = photos.labels.to(designs.device)
    seen = embeddings(task.settings, task.evaded, designs, photos)
    cosines = [one @ by.templates.T for one, by in zip(seen, task.evaded, strict=True)]
    wrong = false_matches(task.evaded, cosines, labels)
    return own_cosine(task.evaded, cosines, labels).mean()[None], wrong.mean()[None]
