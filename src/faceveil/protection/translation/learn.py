"""Learning one translation from curated photos, and what is written of it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import torch

from faceveil.params.errors import FaceveilError
from faceveil.params.read import read_names, read_section
from faceveil.params.recognizers import RecognizerSettings
from faceveil.params.translation import TrainCyclegan, TrainPaired, Translating
from faceveil.protection.translation.cyclegan import CycleGan
from faceveil.protection.translation.domains import Dealer, FacePairs
from faceveil.protection.translation.paired import Paired
from faceveil.protection.translation.phases import Learning
from faceveil.protection.translation.training import (
    UNWATCHED,
    Training,
    Watch,
    begin,
    train,
)
from faceveil.protection.translation.translator import DIRECTIONS, write_translator
from faceveil.recognition.recognizer import Recognizer, open_recognizer
from faceveil.runtime.atomic import atomic_directory, atomic_path
from faceveil.runtime.checkpoints import scratch_checkpoint
from faceveil.runtime.ranks import present_ranks
from faceveil.runtime.seeding import seeded
from faceveil.store.weights import Card


@contextmanager
def learn(
    settings: Translating,
    faces: FacePairs,
    recognizers: Sequence[Recognizer],
    device: torch.device,
    watch: Watch = UNWATCHED,
) -> Iterator[Training]:
    """Learn both directions; the checkpoint is deleted once the block, which writes, ended well.

    Raises:
        FaceveilError: if several processes share a norm by batch, a photo's size does not fit the
            generator, or a recognizer needs the place of a face that is not known.
    """
    _refuse(settings, faces, recognizers)
    inputs = {"settings": settings.model_dump(mode="json"), "faces": faces.digest()}
    inputs["before"] = {one.name: one.fingerprint for one in recognizers}
    checkpoint = scratch_checkpoint(settings.SECTION, inputs)
    with seeded(settings.seed, "networks"):
        learning = _learning(settings, recognizers, device)
    training = begin(learning)
    paired = isinstance(settings, TrainPaired)
    dealer = Dealer(
        faces, settings.batch_size, paired, settings.enlarged, settings.mirrored, settings.seed
    )
    train(training, dealer, checkpoint, watch)
    yield training
    if present_ranks().leads:
        checkpoint.delete()


def write_translation(
    folder: Path, training: Training, faces: FacePairs, name: str, settings: Translating
) -> None:
    """Write both directions, with a card that says how they came about; whole or not at all."""
    card: Card = {
        "translation": name,
        "method": settings.SECTION.removeprefix("train_"),
        "settings": settings.model_dump(mode="json"),
        "trained_on": {"people": len(set(faces.subject_ids)), "faces": len(faces)},
        "faces": faces.digest(),
    }
    with atomic_directory(folder) as new:
        for direction in DIRECTIONS:
            translator = training.learning.translator(direction)
            translator.load_state_dict(training.weights(direction))
            write_translator(new / f"{direction}.safetensors", translator, card)


def write_curves(path: Path, training: Training) -> None:
    """Write the mean terms of each epoch, from 1, as CSV."""
    table = pd.DataFrame(training.epochs)
    table.insert(0, "epoch", range(1, len(table) + 1))
    with atomic_path(path) as temporary:
        table.to_csv(temporary, index=False, lineterminator="\n")


def open_recognizers(
    folder: Path, names: Sequence[str], params: Path, device: torch.device
) -> list[Recognizer]:
    """Open the recognizers before which translated faces are to be like their faces.

    Raises:
        FaceveilError: if one is a judge, unknown, or gives no gradients.
    """
    known = read_names(params, "recognizers") if names else []
    sections = {
        one: read_section(params, f"recognizers.{one}", RecognizerSettings) for one in known
    }
    allowed = [name for name, one in sections.items() if one.role != "judge"]
    for name in names:
        if name not in allowed:
            what = "a judge" if name in sections else f"no recognizer of {params}"
            raise FaceveilError(
                f"before names {name!r}, {what}; nothing learns from those that judge, allowed: "
                f"{', '.join(allowed)}"
            )
    opened = [open_recognizer(folder / name, device) for name in names]
    for one in opened:
        _ = one.trunk  # says so where there are no gradients
    return opened


def _learning(
    settings: Translating, recognizers: Sequence[Recognizer], device: torch.device
) -> Learning:
    if isinstance(settings, TrainPaired):
        return Paired(settings, recognizers, device)
    assert isinstance(settings, TrainCyclegan)
    return CycleGan(settings, recognizers, device)


def _refuse(settings: Translating, faces: FacePairs, recognizers: Sequence[Recognizer]) -> None:
    norms = {settings.generator.norm, settings.discriminator.norm}
    if "batch" in norms and present_ranks().count > 1:
        raise FaceveilError(
            f"{settings.SECTION}: norm batch sees the photos of one process alone, and there are "
            f"{present_ranks().count}; use norm instance, or FACEVEIL_PROCESSES=1"
        )
    needing = [one.name for one in recognizers if one.needs_places]
    unknown = faces.image_ids[~faces.places.found]
    if needing and len(unknown):
        raise FaceveilError(
            f"{needing[0]} needs the place of every face, and {len(unknown)} of {len(faces)} have "
            f"none, {unknown[0]} the first; take them out, or take {needing[0]} out of "
            f"{settings.SECTION}.before"
        )
