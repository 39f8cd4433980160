"""One experiment judged: its designs and the controls, worn before the recognizer it ended with."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import torch

from faceveil.data.embeddings import EmbeddingTable, read_embeddings
from faceveil.data.faces import open_faces
from faceveil.data.weights import read_weights
from faceveil.evaluation.controls import all_outfits
from faceveil.evaluation.documents import Document, as_document
from faceveil.evaluation.measure import measure_all
from faceveil.evaluation.projection import Projection
from faceveil.evaluation.protocol import AS_PHOTOGRAPHED, MASKED_PHOTOS
from faceveil.evaluation.trials import Opponent, enroll, stored_trials, worn_trials
from faceveil.models.generators import load_generator
from faceveil.params.evaluate import Evaluate
from faceveil.params.experiments import Game
from faceveil.recognition.store import load_recognizer, recognizer_fingerprint


@dataclass(frozen=True)
class Artifacts:
    """Folders of what the earlier stages made."""

    curated: Path
    projector: Path
    recognizer: Path
    embeddings: Path
    gan: Path


def evaluate_experiment(
    experiment: str, artifacts: Artifacts, game: Game, settings: Evaluate, device: torch.device
) -> Document:
    """Measure every row of one experiment.

    Raises:
        FaceveilError: if an artifact is missing or another recognizer made the embeddings.
    """
    trials, gallery = run_trials(artifacts, game, settings, device)
    return as_document(experiment, game, settings, gallery, measure_all(trials, settings))


def run_trials(
    artifacts: Artifacts, game: Game, settings: Evaluate, device: torch.device
) -> tuple[pd.DataFrame, int]:
    """Return the trial log of an experiment and the number of people in the gallery.

    Photos as they are (plain masks, no mask) come from stored trunk features; designs and controls
    are worn where the game's own transparency is.

    Raises:
        FaceveilError: if an artifact is missing or another recognizer made the embeddings.
    """
    fingerprint = recognizer_fingerprint(artifacts.recognizer)
    tables = {
        kind: read_embeddings(artifacts.embeddings, kind, fingerprint)
        for kinds in AS_PHOTOGRAPHED.values()
        for kind in kinds.values()
    }
    opponent = adapted_opponent(artifacts, tables["unmasked"], device)
    unmasked = open_faces(artifacts.curated, "unmasked")
    outfits = all_outfits(load_generator(artifacts.gan), game.generator, unmasked, settings)
    projection = Projection(artifacts.curated, artifacts.projector, game, device)
    logs = [
        stored_trials(opponent, tables[kind], wears, protocol, settings.batch_size)
        for wears, kinds in AS_PHOTOGRAPHED.items()
        for protocol, kind in kinds.items()
    ]
    for protocol, kind in MASKED_PHOTOS.items():
        if len(tables[kind]):
            faces = projection.of(open_faces(artifacts.curated, kind), kind)
            logs.append(worn_trials(opponent, faces, outfits, protocol, settings.batch_size))
    return pd.concat(logs, ignore_index=True), len(opponent.gallery_ids)


def adapted_opponent(
    artifacts: Artifacts, unmasked: EmbeddingTable, device: torch.device
) -> Opponent:
    """Return the recognizer with the head that the experiment ended with, everybody enrolled."""
    recognizer = load_recognizer(artifacts.recognizer)
    read_weights(artifacts.gan / "head.safetensors", recognizer.head)
    return enroll(recognizer.to(device), unmasked, device)
