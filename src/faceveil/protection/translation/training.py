"""The trainer: steps of phases until the epochs are over; what was stopped goes on where it was."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor

from faceveil.params.errors import FaceveilError
from faceveil.protection.translation.domains import Dealer
from faceveil.protection.translation.phases import Learning, StepShare, summed
from faceveil.protection.translation.rates import rate_share
from faceveil.protection.translation.translator import DIRECTIONS
from faceveil.runtime.checkpoints import (
    Checkpoint,
    Record,
    Tensors,
    nested,
    optimizer_tensors,
    restore_optimizer,
    unnested,
)
from faceveil.runtime.progress import OnEpoch, progress
from faceveil.runtime.ranks import present_ranks

SECOND_MOMENT = 0.999

TELLING = ("telling", "slope")
"""How terms begin that discriminators lose; all others are the generators'."""


@dataclass(frozen=True)
class Watch:
    """Who is told of a training.

    Attributes:
        report: is told each epoch's mean terms, those of a killed run again.
        look: may see what translators do when an epoch has ended; not those of a killed run.
    """

    report: OnEpoch = lambda *_: None
    look: Callable[[int, "Training"], None] = lambda *_: None


UNWATCHED = Watch()


@dataclass
class Training:
    """A way of learning, its optimizers, and how far it has come.

    Attributes:
        learning: networks and phases.
        optimizers: Adam of each phase, by name.
        averages: running means of the translators' weights, by direction; empty without.
        step: steps taken.
        epochs: mean terms of each epoch that is over.
        running: sums of terms in the epoch that is not.
    """

    learning: Learning
    optimizers: dict[str, torch.optim.Adam]
    averages: dict[str, Tensors]
    step: int = 0
    epochs: list[dict[str, float]] = field(default_factory=list)
    running: dict[str, float] = field(default_factory=dict)

    def snapshot(self) -> tuple[Tensors, Record]:
        """Return all that is needed to go on."""
        tensors: Tensors = {}
        for name, network in self.learning.networks.items():
            tensors |= nested(f"network/{name}", network.state_dict())
        for name, optimizer in self.optimizers.items():
            tensors |= nested(f"optimizer/{name}", optimizer_tensors(optimizer))
        for name, average in self.averages.items():
            tensors |= nested(f"average/{name}", average)
        for name, pool in self.learning.pools.items():
            if len(pool.photos):
                tensors[f"pool/{name}"] = pool.photos
        return tensors, {"step": self.step, "epochs": self.epochs, "running": self.running}

    def restore(self, checkpoint: Checkpoint) -> None:
        """Go on from a saved :meth:`snapshot`, if there is one.

        Raises:
            FaceveilError: if it is of other networks.
        """
        if (saved := checkpoint.load()) is None:
            return
        tensors, record = saved
        try:
            for name, network in self.learning.networks.items():
                network.load_state_dict(unnested(f"network/{name}", tensors))
            for name, optimizer in self.optimizers.items():
                restore_optimizer(optimizer, unnested(f"optimizer/{name}", tensors))
        except (RuntimeError, ValueError) as error:
            raise checkpoint.damaged(" ".join(str(error).split())[:200]) from None
        for name, average in self.averages.items():
            for key, value in unnested(f"average/{name}", tensors).items():
                average[key].copy_(value)
        for name, pool in self.learning.pools.items():
            if (photos := tensors.get(f"pool/{name}")) is not None:
                pool.photos = photos.to(self.learning.device)
        self.step, self.epochs = record["step"], record["epochs"]
        self.running = record["running"]

    def weights(self, direction: str) -> Tensors:
        """Return the weights that are kept: the running means where there are any."""
        return self.averages.get(direction) or self.learning.networks[direction].state_dict()

    def average(self) -> None:
        """Take the newest weights into the running means."""
        for name, average in self.averages.items():
            for key, value in self.learning.networks[name].state_dict().items():
                if value.is_floating_point():
                    average[key].lerp_(value, 1 - self.learning.settings.average)
                else:
                    average[key].copy_(value)


def begin(learning: Learning) -> Training:
    """Return a training that has taken no step."""
    settings = learning.settings
    optimizers = {
        phase.name: torch.optim.Adam(
            [one for name in phase.changes for one in learning.networks[name].parameters()],
            settings.learning_rate,
            betas=(settings.first_moment, SECOND_MOMENT),
        )
        for phase in learning.phases
    }
    averages: dict[str, Tensors] = {
        name: {key: value.clone() for key, value in learning.networks[name].state_dict().items()}
        for name in DIRECTIONS
        if settings.average
    }
    return Training(learning, optimizers, averages)


def train(
    training: Training,
    dealer: Dealer,
    checkpoint: Checkpoint | None = None,
    watch: Watch = UNWATCHED,
) -> None:
    """Take the steps that are left.

    Args:
        training: as it began.
        dealer: of the photos.
        checkpoint: what a killed run left, to go on from; stays after success.
        watch: who is told.

    Raises:
        FaceveilError: if a term is no longer finite.
    """
    if checkpoint:
        training.restore(checkpoint)
    ranks, settings = present_ranks(), training.learning.settings
    ranks.agree("a step to go on from,", training.step, training.learning.device)
    for number, values in enumerate(training.epochs, start=1):
        watch.report(number, values)
    total, title = settings.all_epochs * dealer.steps, settings.SECTION.removeprefix("train_")
    bar = progress(title, total=total, initial=training.step, unit="step", disable=not ranks.leads)
    with bar:
        while training.step < total:
            epoch, within = divmod(training.step, dealer.steps)
            _set_rates(training, epoch)
            for name, value in take_step(training, dealer).items():
                training.running[name] = training.running.get(name, 0.0) + value
            if within + 1 == dealer.steps:
                means = {name: value / dealer.steps for name, value in training.running.items()}
                training.epochs.append(means)
                training.running = {}
                watch.report(epoch + 1, means)
                if ranks.leads:
                    watch.look(epoch + 1, training)
            bar.update()
            due = training.step % settings.checkpoint_steps == 0 or training.step == total
            if checkpoint and due and ranks.leads:
                checkpoint.save(*training.snapshot())


def take_step(training: Training, dealer: Dealer) -> dict[str, float]:
    """Go through the phases once, and return their terms, means over the rows of all ranks."""
    learning, ranks, step = training.learning, present_ranks(), training.step
    batch = dealer.batch(step)
    size = len(batch.unmasked)
    taken = ranks.share(size)
    share = StepShare(batch.part(taken.start, taken.stop), taken, size, step)
    found: dict[str, float] = {}
    for phase in learning.phases:
        for name, network in learning.networks.items():
            network.requires_grad_(name in phase.changes)
        terms = phase.loss(share)
        optimizer = training.optimizers[phase.name]
        optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(summed(terms))
        changed = [one for name in phase.changes for one in learning.networks[name].parameters()]
        ranks.average(changed, taken.faces / size)
        optimizer.step()
        found |= _of_all(terms, taken.faces / size)
    training.average()
    training.step += 1
    return _finite(learning.settings.SECTION, found, step)


def _set_rates(training: Training, epoch: int) -> None:
    settings, losses = training.learning.settings, []
    for means in training.epochs:
        telling = sum(value for name, value in means.items() if name.startswith(TELLING))
        losses.append(sum(means.values()) - telling)
    share = rate_share(settings, epoch, losses)
    for optimizer in training.optimizers.values():
        for group in optimizer.param_groups:
            group["lr"] = settings.learning_rate * share


def _of_all(terms: Mapping[str, Tensor], part: float) -> dict[str, float]:
    """Return means over the rows of all ranks, from those over this rank's part of them."""
    whole = present_ranks().total(torch.stack([one.detach() for one in terms.values()]) * part)
    return dict(zip(terms, whole.tolist(), strict=True))


def _finite(section: str, values: dict[str, float], step: int) -> dict[str, float]:
    for name, value in values.items():
        if not math.isfinite(value):
            raise FaceveilError(
                f"{section}: {name} is {value} in step {step + 1}; lower {section}.learning_rate"
            )
    return values
