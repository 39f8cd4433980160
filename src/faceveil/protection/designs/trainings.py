"""The trainings of an experiment: the same settings from several seeds."""

import json
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from faceveil.params.experiments import Game
from faceveil.protection.designs.gan_inputs import GanInputs
from faceveil.protection.designs.generators import WEIGHTS
from faceveil.protection.designs.mask_gan import train_mask_gan
from faceveil.protection.designs.state import Players
from faceveil.runtime.atomic import atomic_directory, atomic_path
from faceveil.runtime.checkpoints import Checkpoint, scratch_checkpoint
from faceveil.runtime.seeding import stream_seed
from faceveil.store.weights import fingerprint, write_weights

HEAD, CARD = "head.safetensors", "card.json"

Report = Callable[[int, int, Mapping[str, float]], None]
"""Told the number of a training, of an epoch, and the epoch's values."""


def game_of_training(game: Game, training: int) -> Game:
    """Return the settings of a training: the first has the seed itself, others one made of it."""
    seed = stream_seed(game.seed, "training", training) % 2**32 if training else game.seed
    return game.model_copy(update={"seed": seed})


def train_all(
    game: Game, inputs: GanInputs, report: Report
) -> tuple[list[Players], list[Checkpoint]]:
    """Train one after the other; a run that was stopped goes on in the training it was in.

    Returns:
        What was trained, and the checkpoints, to be deleted when all of it is written.
    """
    trained, checkpoints = [], []
    for training in range(game.trainings):
        own = game_of_training(game, training)
        key = own.model_dump(mode="json", exclude={"trainings"})
        checkpoint = scratch_checkpoint("train_gan", {"game": key, **inputs.fingerprints})
        checkpoints.append(checkpoint)
        trained.append(
            train_mask_gan(
                own,
                inputs.people,
                inputs.recognizer,
                checkpoint,
                partial(report, training),
                inputs.surrogates,
            )
        )
    return trained, checkpoints


def write_trainings(folder: Path, trained: Sequence[Players], card: Mapping[str, Any]) -> None:
    """Write ``<training>/generator.safetensors``, ``head.safetensors`` and ``card.json``.

    Args:
        folder: to write, whole or not at all.
        trained: in their order.
        card: what else to say: experiment, people, fingerprints of the inputs.
    """
    with atomic_directory(folder) as temporary:
        for number, players in enumerate(trained):
            (place := temporary / str(number)).mkdir()
            generator, game = players.generator, players.game
            about = {
                "architecture": game.generator,
                "latent_size": generator.latent_size,
                "image_size": generator.image_size,
                "distribution": generator.distribution,
            }
            write_weights(place / WEIGHTS, generator, about)
            write_weights(place / HEAD, players.head, {})
            full = {
                **card,
                **about,
                "training": number,
                "game": game.model_dump(mode="json"),
                "arithmetic": str(players.arithmetic).removeprefix("torch."),
                "last_epoch": players.curves[-1],
                "generator_sha256": fingerprint(place / WEIGHTS),
                "head_sha256": fingerprint(place / HEAD),
            }
            (place / CARD).write_text(json.dumps(full, indent=2, sort_keys=True) + "\n")


def write_curves(path: Path, trained: Sequence[Players]) -> pd.DataFrame:
    """Write the values of every epoch as CSV: ``training``, ``epoch`` from 1, and the values."""
    rows = [
        {"training": number, "epoch": epoch, **values}
        for number, players in enumerate(trained)
        for epoch, values in enumerate(players.curves, start=1)
    ]
    table = pd.DataFrame(rows)
    with atomic_path(path) as temporary:
        table.to_csv(temporary, index=False)
    return table
