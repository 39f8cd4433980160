"""The recognizer strikes back: designs against opponents who learned from them, or from others.

Every generator's designs meet recognizers that were given labelled photos of people wearing them
(the curve over how many photos), and the recognizers that all experiments ended with (the
cross-play). What that says about the paper's claim is put in :mod:`faceveil.evaluation.claim`.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
import torch
from torch import nn

from faceveil.evaluation.adaptation import AdaptedTrunk, adapt_head, adapt_last_block
from faceveil.evaluation.calibration import unmasked_features
from faceveil.evaluation.claim import judge_claim
from faceveil.evaluation.experiment import adapted_recognizer
from faceveil.evaluation.labelled_photos import LabelledPhotos, designs_to_learn, labelled_photos
from faceveil.evaluation.opponents import (
    Eyes,
    Features,
    Opponent,
    arm,
    meet,
    seen_features,
    with_parts,
)
from faceveil.evaluation.scene import Scene, Stage
from faceveil.evaluation.standing import Gains, person_gains, standings
from faceveil.params.file import Params
from faceveil.protection.designs.generators import load_generator
from faceveil.recognition.facenet import FaceNet, split_trunk
from faceveil.recognition.store import load_recognizer, recognizer_fingerprint
from faceveil.store.faces import open_faces

Document = dict[str, Any]


@dataclass(frozen=True)
class Arena:
    """Where opponents meet designs.

    Attributes:
        stage: where scenes are set.
        recognizer: folder of FaceNet.
        features: what its trunk sees of unmasked photos, stored.
        eyes: what trunks saw already of people in designs and in what is plain.
    """

    stage: Stage
    recognizer: Path
    features: Features
    eyes: Eyes = field(default_factory=Eyes)

    @property
    def params(self) -> Params:
        """All settings."""
        return self.stage.params

    def arm(self, recognizer: FaceNet, features: Features) -> Opponent:
        """Make an opponent of a recognizer."""
        rates = self.params.calibrate.false_match_rates
        return arm(recognizer, features, self.stage.roles, self.params.evaluate, rates)


def open_arena(stage: Stage, recognizer: Path, embeddings: Path) -> Arena:
    """Read what all experiments share.

    Raises:
        FaceveilError: if an artifact is missing or another recognizer made the embeddings.
    """
    features = unmasked_features(embeddings, recognizer_fingerprint(recognizer))
    return Arena(stage, recognizer, features)


def strike_back(arena: Arena) -> Document:
    """Return the curve of each experiment, the cross-play of all, and what they say of the claim.

    Raises:
        FaceveilError: if an artifact is missing, or fewer labelled photos are there than wanted.
    """
    rivals = _rivals(arena)
    settings, photos = arena.params.evaluate, arena.params.strike_back.photos
    curves, cells = [], []
    last: dict[str, Gains] = {}
    for name in rivals:
        scene = arena.stage.scene(name)
        struck = _struck(arena, name, scene, rivals[name])
        met = _meet_all({**rivals, **struck}, scene, arena)
        points = [
            {"k": k, "clean_rank_1": one.clean.get(at["protocol"]), **at}
            for k, one in struck.items()
            for at in _standings(met[k], one)
        ]
        curves.append({"experiment": name, "points": points})
        cells += [
            {"designs": name, "recognizer": rival, **at}
            for rival, one in rivals.items()
            for at in _standings(met[rival], one)
        ]
        last[name] = person_gains(met[photos[-1]], struck[photos[-1]].judge.headline)
    games = {name: arena.params.game(name) for name in rivals}
    return {
        "experiments": list(rivals),
        "photos": list(photos),
        "false_match_rate": settings.false_match_rate,
        "curves": curves,
        "cells": cells,
        "claim": [asdict(judge_claim(games, last, settings, photos[-1]))],
    }


def shown_numbers(document: Document) -> dict[str, float]:
    """Return ``strike_back/…`` and ``cross_play/…`` lifts by path, to be tracked."""
    numbers = {}
    for curve in document["curves"]:
        for at in curve["points"]:
            place = f"{at['protocol']}/{curve['experiment']}/{at['k']}_photos"
            numbers[f"strike_back/{at['metric']}_lift/{place}"] = at["lift"]["value"]
    for cell in document["cells"]:
        place = f"{cell['protocol']}/{cell['designs']}_against_{cell['recognizer']}"
        numbers[f"cross_play/{cell['metric']}_lift/{place}"] = cell["lift"]["value"]
    return numbers


def _standings(trials: pd.DataFrame, opponent: Opponent) -> list[Document]:
    judge = opponent.judge
    return [asdict(one) for one in standings(trials, judge.headline, judge.settings)]


def _meet_all(
    opponents: Mapping[Any, Opponent], scene: Scene, arena: Arena
) -> dict[Any, pd.DataFrame]:
    """Let the designs meet everybody; those who share a trunk take one look together."""
    by_trunk: dict[int, list[Any]] = {}
    for name, one in opponents.items():
        by_trunk.setdefault(id(one.recognizer.trunk), []).append(name)
    met: dict[Any, pd.DataFrame] = {}
    for names in by_trunk.values():
        met_by = [opponents[name] for name in names]
        trials = meet(met_by, scene, arena.eyes, arena.params.evaluate.batch_size)
        met |= dict(zip(names, trials, strict=True))
    return met


def _rivals(arena: Arena) -> dict[str, Opponent]:
    """Return the recognizer that each experiment ended with; they share their trunk."""
    gans, device = arena.stage.places.gans, arena.stage.device
    trunk = load_recognizer(arena.recognizer).to(device).trunk
    ended = {
        name: adapted_recognizer(arena.recognizer, gans / name, device)
        for name in arena.params.experiments
    }
    return {
        name: arena.arm(with_parts(one, trunk, one.head), arena.features)
        for name, one in ended.items()
    }


def _struck(arena: Arena, name: str, scene: Scene, own: Opponent) -> dict[int, Opponent]:
    """Return the recognizer of an experiment after it learned from k labelled photos, by k."""
    settings, places, device = arena.params.strike_back, arena.stage.places, arena.stage.device
    unmasked = arena.features["unmasked"]
    training = unmasked.of(unmasked.image_ids[unmasked.splits == "train"])
    subjects = sorted(set(training.subject_ids.tolist()))
    designs = designs_to_learn(load_generator(places.gans / name), settings).to(device)
    faces = [probes.faces for probes in scene.probes]
    trunk: nn.Module = own.recognizer.trunk
    gallery = torch.tensor(training.features[training.rows_of(subjects)], device=device)
    if settings.last_block:
        trunk, _ = split_trunk(own.recognizer.trunk)
        images = open_faces(places.curated, "unmasked")
        with torch.no_grad():
            gallery = trunk(images.images(images.rows_of(subjects)).to(device))
    photos = labelled_photos(trunk, faces, designs, subjects, settings)
    lesson = Lesson(own.recognizer, gallery, photos)
    return {k: own if k == 0 else _learned(arena, lesson, k) for k in settings.photos}


@dataclass(frozen=True)
class Lesson:
    """What a recognizer learns from.

    Attributes:
        recognizer: before it learned.
        gallery: training people's unmasked photos: trunk features, or maps before the last block.
        photos: labelled photos of people wearing designs, as far as the gallery.
    """

    recognizer: FaceNet
    gallery: torch.Tensor
    photos: LabelledPhotos


def _learned(arena: Arena, lesson: Lesson, count: int) -> Opponent:
    """Return an opponent who learned from the first labelled photos."""
    settings, before = arena.params.strike_back, lesson.recognizer
    photos = lesson.photos.first(count)
    if not settings.last_block:
        head = adapt_head(before.head, lesson.gallery, photos, settings)
        return arena.arm(with_parts(before, before.trunk, head), arena.features)
    start, end = split_trunk(before.trunk)
    block, head = adapt_last_block(end, before.head, lesson.gallery, photos, settings)
    learned = with_parts(before, AdaptedTrunk(start, block), head)
    batch_size = arena.params.evaluate.batch_size
    return arena.arm(learned, seen_features(learned, arena.stage.places.curated, batch_size))
