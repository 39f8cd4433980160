"""Training a mask GAN: a generator of designs against a face recognizer.

After A. Maynard, "Design of Facemasks to Protect from Facial Recognition using Generative
Adversarial Networks" (2021), with the trunk of the recognizer frozen for good.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NoReturn, Protocol

import numpy as np
import torch
from torch import nn
from tqdm import tqdm

from faceveil.params.errors import FaceveilError
from faceveil.params.experiments import Game
from faceveil.protection.designs.ensemble import Partner
from faceveil.protection.designs.identification import share_of_hits, steps_between_calls
from faceveil.protection.designs.state import Players
from faceveil.protection.designs.step import Batch, Match, play_round
from faceveil.protection.designs.subjects import People, draw_others
from faceveil.runtime.checkpoints import Checkpoint
from faceveil.runtime.ranks import present_ranks
from faceveil.runtime.seeding import generator_for, stream_seed

Report = Callable[[int, Mapping[str, float]], None]
"""Takes the number of an epoch and its values by name."""

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


class Recognizer(Protocol):
    """What is played against: a trunk that stays, and a head whose ``weight`` may learn."""

    @property
    def trunk(self) -> nn.Module:
        """From photos ``[B, 3, S, S]`` in [0, 1] to features ``[B, F]``."""

    @property
    def head(self) -> nn.Module:
        """From features ``[B, F]`` to unit embeddings ``[B, E]``."""


def train_mask_gan(
    game: Game,
    people: People,
    recognizer: Recognizer,
    checkpoint: Checkpoint | None = None,
    report: Report = lambda *_: None,
    partners: Sequence[Partner] = (),
) -> Players:
    """Play all epochs and return the players; the recognizer given stays as it was.

    Where several ranks were joined, each plays its share of every batch and all return the same
    players; the first alone saves.

    Args:
        game: the settings and the recognizer's sources.
        people: photos and stored features, joined; its device is where the game is played.
        recognizer: whom the generator plays against.
        checkpoint: where an unfinished run is kept and taken up again; it stays after success, so
            that nothing is lost before the caller has written the outcome.
        report: told the values of each epoch, also of those that a checkpoint already holds.
        partners: further recognizers that the generator's loss is the mean over.

    Raises:
        FaceveilError: if a loss is not finite, or another rank ended.
    """
    match = _match(game, people, recognizer, partners)
    players, leads = match.players, match.ranks.leads
    _take_up(players, checkpoint)
    match.ranks.agree("an epoch to go on from,", len(players.curves), players.device)
    for epoch, values in enumerate(players.curves, start=1):
        report(epoch, values)
    shown = sheet_epochs(game.epochs)
    with _progress(match, len(players.curves)) as bar:
        for epoch in range(len(players.curves) + 1, game.epochs + 1):
            values = _play_epoch(match, epoch, bar)
            players.curves.append(values)
            report(epoch, values)
            if epoch in shown:
                players.draw_sheet()
            if (
                leads
                and checkpoint
                and (epoch % game.checkpoint_epochs == 0 or epoch == game.epochs)
            ):
                checkpoint.save(*players.state())
    return players


def sheet_epochs(epochs: int) -> set[int]:
    """Return the epochs whose designs are shown: 0, the last, and some that grow in between.

    Example:
        >>> sorted(sheet_epochs(100))
        [0, 1, 2, 5, 10, 22, 46, 100]
    """
    return {0, *np.geomspace(1, epochs, SHEETS - 1).round().astype(int).tolist()}


def _match(
    game: Game, people: People, recognizer: Recognizer, partners: Sequence[Partner]
) -> Match:
    """Set players and people up."""
    device = people.gallery.device
    trunk = recognizer.trunk.to(device).eval().requires_grad_(False)
    players = Players(game, recognizer.head, people.faces.image_size, device)
    return Match(players, people, trunk, partners, present_ranks())


def _take_up(players: Players, checkpoint: Checkpoint | None) -> None:
    """Go on from the checkpoint if there is one, else from the beginning."""
    stored = checkpoint.load() if checkpoint else None
    if stored:
        players.restore(*stored)
    else:
        players.draw_sheet()


def _play_epoch(match: Match, epoch: int, bar: "tqdm[NoReturn]") -> dict[str, float]:
    """Play one round with each batch of people, the last and smaller one too."""
    players, people, ranks = match.players, match.people, match.ranks
    total, named = torch.zeros(4, device=players.device), 0
    for batch in _batches(match, epoch):
        total += play_round(match, batch)
        named += batch.named * len(batch.numbers)
        bar.update()
    *sums, hits = ranks.total(total).tolist()
    means = [*(value / people.trained for value in sums), hits / named]
    accuracies = [
        share_of_hits(players.head, probes.features, probes.labels, people.gallery, ranks)
        for probes in (people.plain_mask, people.clean_face)
    ]
    values = dict(zip(COLUMNS, [*means, *accuracies], strict=True))
    bar.set_postfix({name.removesuffix("_accuracy"): f"{v:.3g}" for name, v in values.items()})
    _is_finite(values, epoch)
    return values


def _batches(match: Match, epoch: int) -> Iterator[Batch]:
    """Yield what each round of an epoch is played with; the same on every rank and device."""
    players, people, game = match.players, match.people, match.players.game
    order = torch.randperm(people.trained, generator=generator_for(game.seed, "batches", epoch))
    stream = generator_for(game.seed, "latents", epoch)
    draw = np.random.default_rng(stream_seed(game.seed, "gallery", epoch))
    size = min(game.gallery_people or people.trained, people.trained)
    batches = torch.split(order, game.batch_size)
    calls = steps_between_calls(len(people.gallery), game.batch_size, len(batches))
    for step, numbers in enumerate(batches):
        latents = players.generator.draw(min(game.designs_per_batch, len(numbers)), stream)
        if size == people.trained:
            yield Batch(numbers, latents)
        else:
            others = draw_others(numbers, people.trained, size, draw)
            yield Batch(numbers, latents, others, named=step % calls == calls // 2)


def _is_finite(values: Mapping[str, float], epoch: int) -> None:
    for name, value in values.items():
        if not math.isfinite(value):
            raise FaceveilError(
                f"train_gan: {name} is {value} in epoch {epoch}; lower train_gan.learning_rate "
                "or train_gan.recognizer_learning_rate"
            )


def _progress(match: Match, played: int) -> "tqdm[NoReturn]":
    """Return a progress bar over the batches of all epochs, silent off a terminal."""
    game = match.players.game
    batches = -(-match.people.trained // game.batch_size)
    return tqdm(
        total=game.epochs * batches,
        initial=played * batches,
        desc="train_gan",
        unit="batch",
        disable=None if match.ranks.leads else True,
    )
