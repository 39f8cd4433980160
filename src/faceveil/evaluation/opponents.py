"""FaceNets that designs meet: with any head and any last block, each with thresholds of its own."""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from torch import nn

from faceveil.data.embeddings import EmbeddingTable
from faceveil.data.faces import open_faces
from faceveil.evaluation.calibration import calibrate_facenet
from faceveil.evaluation.measure import Judge
from faceveil.evaluation.protocol import UNMASKED_PHOTOS
from faceveil.evaluation.roles import STUDY, Roles
from faceveil.evaluation.scene import Scene
from faceveil.evaluation.trials import (
    Gallery,
    Log,
    enroll,
    joined,
    plain_trials,
    stored_trials,
    trunk_sight,
    worn_trials,
)
from faceveil.params.evaluate import Evaluate
from faceveil.recognition.embedding import embed_faces
from faceveil.recognition.facenet import FaceNet

Features = Mapping[str, EmbeddingTable]
"""Trunk features of unmasked photos, by kind."""


@dataclass(frozen=True)
class Opponent:
    """A recognizer that designs meet.

    Attributes:
        recognizer: its trunk sees, its head compares.
        gallery: everybody enrolled.
        judge: with its own thresholds, chosen on dev people without any design.
        clean: share of the held-out people's unmasked photos identified at rank 1, by protocol.
    """

    recognizer: FaceNet
    gallery: Gallery
    judge: Judge
    clean: dict[str, float]


def arm(
    recognizer: FaceNet,
    features: Features,
    roles: Roles,
    settings: Evaluate,
    rates: Sequence[float],
) -> Opponent:
    """Enroll everybody under a recognizer, and choose its thresholds.

    Args:
        recognizer: on the device where it will run.
        features: what its trunk sees of unmasked photos.
        roles: who enrolls, who probes, who decides thresholds.
        settings: how it is judged.
        rates: false match rates.
    """
    device = recognizer.head.weight.device
    calibration = calibrate_facenet(recognizer, features, roles, rates)
    gallery = enroll(recognizer, features["unmasked"].of(roles.enrolled(STUDY)), device)
    clean = {}
    for protocol, kind in UNMASKED_PHOTOS.items():
        table = features[kind].of(roles.probing(STUDY, protocol, kind))
        log = stored_trials(gallery, table, ("no_mask", protocol), settings.batch_size, device)
        held_out = log.trials[log.trials["split"] == "test"]
        if len(held_out):
            clean[protocol] = float(held_out["hit"].mean())
    return Opponent(recognizer, gallery, Judge(settings, calibration.thresholds), clean)


def with_parts(recognizer: FaceNet, trunk: nn.Module, head: nn.Module) -> FaceNet:
    """Return a recognizer of this trunk and this head, which it shares and does not copy."""
    return deepcopy(recognizer, {id(recognizer.trunk): trunk, id(recognizer.head): head})


def seen_features(recognizer: FaceNet, curated: Path, batch_size: int) -> dict[str, EmbeddingTable]:
    """Return what a trunk sees of unmasked photos, by kind; needed where the trunk changed."""
    tables = {}
    for kind in UNMASKED_PHOTOS.values():
        faces = open_faces(curated, kind)
        order = np.argsort(faces.rows["image_id"].to_numpy(dtype=np.str_)).astype(np.int64)
        tables[kind] = embed_faces(recognizer, faces, order, batch_size)
    return tables


def meet(opponents: Sequence[Opponent], scene: Scene, batch_size: int) -> list[pd.DataFrame]:
    """Let held-out people wear everything before opponents who share a trunk: one look for all.

    Returns:
        The trials of the held-out people, for each opponent.
    """
    recognizer = opponents[0].recognizer
    see = trunk_sight(recognizer, recognizer.head.weight.device)
    galleries = [one.gallery for one in opponents]
    logs: list[list[Log]] = [[] for _ in opponents]
    for probes in scene.probes:
        worn = worn_trials(see, galleries, probes, scene.outfits, batch_size)
        plain = plain_trials(see, galleries, probes, "plain", batch_size)
        for of_one, *found in zip(logs, worn, plain, strict=True):
            of_one.extend(found)
    return [joined(of_one).trials for of_one in logs]
