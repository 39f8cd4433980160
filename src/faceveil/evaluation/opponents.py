"""FaceNets that designs meet: with any head and any last block, each with thresholds of its own."""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from torch import nn

from faceveil.evaluation.calibration import calibrate_facenet
from faceveil.evaluation.measure import Judge
from faceveil.evaluation.rows import PLAIN
from faceveil.evaluation.scene import Scene
from faceveil.evaluation.trials import (
    Gallery,
    Log,
    See,
    enroll,
    joined,
    plain_trials,
    remembering,
    stored_trials,
    trunk_sight,
    worn_trials,
)
from faceveil.params.evaluate import Evaluate
from faceveil.recognition.embedding import embed_faces
from faceveil.recognition.facenet import FaceNet
from faceveil.store.embeddings import EmbeddingTable
from faceveil.store.faces import open_faces
from faceveil.store.protocol import STUDY, UNMASKED_PHOTOS, Roles

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


class Eyes:
    """What trunks see; of what is plain, which is the same in every scene, each photo once."""

    def __init__(self) -> None:
        """Start without any memory."""
        self._plain: dict[nn.Module, See] = {}

    def of(self, recognizer: FaceNet) -> tuple[See, See]:
        """Return a sight of designs, and a sight of what is plain."""
        see = trunk_sight(recognizer, recognizer.head.weight.device)
        return see, self._plain.setdefault(recognizer.trunk, remembering(see))


def meet(
    opponents: Sequence[Opponent], scene: Scene, eyes: Eyes, batch_size: int
) -> list[pd.DataFrame]:
    """Let held-out people wear everything before opponents who share a trunk: one look for all.

    Args:
        opponents: who looks.
        scene: who wears what.
        eyes: what trunks saw already.
        batch_size: faces per pass; changes no result.

    Returns:
        The trials of the held-out people, for each opponent.
    """
    see, see_plain = eyes.of(opponents[0].recognizer)
    galleries = [one.gallery for one in opponents]
    designs = [outfit for outfit in scene.outfits if outfit.wears not in PLAIN]
    plain = [outfit for outfit in scene.outfits if outfit.wears in PLAIN]
    logs: list[list[Log]] = [[] for _ in opponents]
    for probes in scene.probes:
        found = (
            worn_trials(see, galleries, probes, designs, batch_size),
            worn_trials(see_plain, galleries, probes, plain, batch_size),
            plain_trials(see_plain, galleries, probes, "plain", batch_size),
        )
        for of_one, *its_logs in zip(logs, *found, strict=True):
            of_one.extend(its_logs)
    return [joined(of_one).trials for of_one in logs]
