"""One experiment judged: its designs and the controls, worn before the recognizer it ended with."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from faceveil.evaluation.by_group import lift_by_group
from faceveil.evaluation.calibration import (
    Calibration,
    calibrate_facenet,
    read_thresholds,
    unmasked_features,
)
from faceveil.evaluation.controls import Wardrobe, fill_wardrobe
from faceveil.evaluation.diversity import Diversity, diversity_of
from faceveil.evaluation.documents import Document, Findings, as_document
from faceveil.evaluation.measure import Judge, measure_all
from faceveil.evaluation.projection import Projection
from faceveil.evaluation.rows import AS_PHOTOGRAPHED
from faceveil.evaluation.trials import (
    Gallery,
    Log,
    Probes,
    enroll,
    joined,
    stored_trials,
    trunk_sight,
    worn_trials,
)
from faceveil.params.evaluate import Evaluate
from faceveil.params.experiments import Game
from faceveil.params.file import Params
from faceveil.protection.designs.generators import load_generator
from faceveil.recognition.facenet import FaceNet
from faceveil.recognition.store import load_recognizer, recognizer_fingerprint
from faceveil.store.embeddings import EmbeddingTable, read_embeddings
from faceveil.store.faces import open_faces
from faceveil.store.groups import GROUPS, read_groups
from faceveil.store.protocol import MASKED_PHOTOS, STUDY, Roles, read_roles
from faceveil.store.weights import read_weights


@dataclass(frozen=True)
class Artifacts:
    """Files and folders of what the earlier stages made.

    Attributes:
        curated: packed faces.
        projector: the projector.
        recognizer: the recognizer before any game.
        embeddings: its trunk features and embeddings.
        gan: generator and head of the experiment.
        protocol: folder of ``enrollments.csv`` and ``probes.csv``.
        thresholds: the file of the experiment's thresholds.
    """

    curated: Path
    projector: Path
    recognizer: Path
    embeddings: Path
    gan: Path
    protocol: Path
    thresholds: Path


def evaluate_experiment(
    experiment: str, artifacts: Artifacts, game: Game, settings: Evaluate, device: torch.device
) -> Document:
    """Measure every row of one experiment.

    Raises:
        FaceveilError: if an artifact is missing or another recognizer made the embeddings.
    """
    judge = Judge(settings, read_thresholds(artifacts.thresholds, experiment))
    recognizer = adapted_recognizer(artifacts.recognizer, artifacts.gan, device)
    wardrobe = fill_wardrobe(
        load_generator(artifacts.gan),
        game.generator,
        open_faces(artifacts.curated, "unmasked"),
        settings,
    )
    gallery, log = run_trials(artifacts, game, recognizer, wardrobe, settings)
    groups = read_groups(artifacts.curated / GROUPS)
    findings = Findings(
        gallery_people=len(gallery.subject_ids),
        thresholds=judge.thresholds,
        measured=measure_all(log, judge),
        diversity=_diversity(game, recognizer, wardrobe, settings, device),
        groups=lift_by_group(log.trials, groups, judge.headline, settings),
    )
    return as_document(experiment, game, settings, findings)


def run_trials(
    artifacts: Artifacts, game: Game, recognizer: FaceNet, wardrobe: Wardrobe, settings: Evaluate
) -> tuple[Gallery, Log]:
    """Return the gallery of an experiment and the log of all trials.

    Photos as they are (plain masks, no mask) come from stored trunk features; designs and controls
    are worn where the game's own transparency is.

    Raises:
        FaceveilError: if an artifact is missing or another recognizer made the embeddings.
    """
    roles, tables = read_roles(artifacts.protocol), stored_features(artifacts)
    device = next(recognizer.head.parameters()).device
    gallery = study_gallery(recognizer, tables, roles, device)
    logs = [
        stored_trials(
            gallery,
            tables[kind].of(roles.probing(STUDY, protocol, kind)),
            (wears, protocol),
            settings.batch_size,
            device,
        )
        for wears, kinds in AS_PHOTOGRAPHED.items()
        for protocol, kind in kinds.items()
    ]
    projection = Projection(artifacts.curated, artifacts.projector, game, device)
    see = trunk_sight(recognizer, device)
    for probes in masked_probes(projection, roles):
        logs += worn_trials(see, [gallery], probes, wardrobe.outfits, settings.batch_size)
    return gallery, joined(logs)


def stored_features(artifacts: Artifacts) -> dict[str, EmbeddingTable]:
    """Read the trunk features of all kinds of photos, made by the recognizer itself."""
    fingerprint = recognizer_fingerprint(artifacts.recognizer)
    return {
        kind: read_embeddings(artifacts.embeddings, kind, fingerprint)
        for kinds in AS_PHOTOGRAPHED.values()
        for kind in kinds.values()
    }


def study_gallery(
    recognizer: FaceNet, tables: Mapping[str, EmbeddingTable], roles: Roles, device: torch.device
) -> Gallery:
    """Enroll everybody whom the protocol enrolls for the study."""
    return enroll(recognizer, tables["unmasked"].of(roles.enrolled(STUDY)), device)


def masked_probes(projection: Projection, roles: Roles, everybody: bool = False) -> list[Probes]:
    """Return the masked photos that probe, with their transparency, under each protocol.

    Args:
        projection: where designs are worn.
        roles: who probes.
        everybody: whether photos that do not probe get their transparency as well.
    """
    found = []
    for protocol, kind in MASKED_PHOTOS.items():
        image_ids = roles.probing(STUDY, protocol, kind)
        if len(image_ids):
            faces = open_faces(projection.curated, kind)
            rows = np.flatnonzero(faces.rows["image_id"].isin(image_ids)).astype(np.int64)
            faces = projection.of(faces, kind, None if everybody else rows)
            found.append(Probes(protocol, faces, image_ids))
    return found


def calibrate_experiments(
    recognizer: Path, gans: Path, embeddings: Path, roles: Roles, params: Params
) -> dict[str, Calibration]:
    """Choose the thresholds of the recognizers that experiments ended with, by experiment.

    Args:
        recognizer: folder of the recognizer before any game.
        gans: a folder of generator and head for each experiment.
        embeddings: what the recognizer's trunk sees.
        roles: who is a dev person.
        params: all settings.

    Raises:
        FaceveilError: if an artifact is missing, or another recognizer made the embeddings.
    """
    features = unmasked_features(embeddings, recognizer_fingerprint(recognizer))
    rates = params.calibrate.false_match_rates
    # A head is one small product: not worth the way to another device.
    cpu = torch.device("cpu")
    return {
        name: calibrate_facenet(
            adapted_recognizer(recognizer, gans / name, cpu), features, roles, rates
        )
        for name in params.experiments
    }


def adapted_recognizer(recognizer: Path, gan: Path, device: torch.device) -> FaceNet:
    """Return the recognizer with the head that an experiment ended with.

    Args:
        recognizer: folder of the recognizer.
        gan: folder of the experiment.
        device: where it is put.

    Raises:
        FaceveilError: if weights are missing or fit another network.
    """
    adapted = load_recognizer(recognizer)
    read_weights(gan / "head.safetensors", adapted.head)
    return adapted.to(device)


def _diversity(
    game: Game,
    recognizer: FaceNet,
    wardrobe: Wardrobe,
    settings: Evaluate,
    device: torch.device,
) -> list[Diversity]:
    """Measure the generated designs and those of an untrained generator."""
    see = trunk_sight(recognizer, device)
    found = (
        diversity_of(name, game.generator, designs, see, settings.batch_size)
        for name, designs in (("generated", wardrobe.designs), ("untrained", wardrobe.untrained))
    )
    return [one for one in found if one is not None]
