"""What textures are optimised on, read from what earlier stages wrote."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from faceveil.metrics.verification import threshold_at_fmr
from faceveil.params.cloth_training import ClothTraining
from faceveil.params.errors import FaceveilError
from faceveil.params.train_generator import TrainGenerator
from faceveil.protection.sources import Sources
from faceveil.protection.textures.generator import wearer_features
from faceveil.protection.textures.objectives import Evaded
from faceveil.protection.textures.seen import Settings, Task
from faceveil.protection.textures.wearers import Wearers
from faceveil.recognition.prelu import fix_slopes
from faceveil.recognition.recognizer import open_recognizer
from faceveil.store.embeddings import read_embeddings
from faceveil.store.protocol import MASKED_PHOTOS, UNMASKED_PHOTOS

MOST_COMPARED = 4096
"""Bare faces that a threshold is chosen on, at most: 8 million comparisons are enough."""


def read_task(
    settings: Settings,
    against: Sequence[str],
    sources: Sources,
    folders: tuple[Path, Path],
    device: torch.device,
) -> tuple[Task[Settings], dict[str, str]]:
    """Open the photos and the recognizers, and fingerprint them.

    Args:
        settings: of the experiment; of own designs, also features of wearers are read.
        against: recognizers to evade, by name; the target is the first, if features are read.
        sources: of photos and roles.
        folders: of the recognizers' folders, and of what they saw of bare faces.
        device: where all is computed.

    Raises:
        FaceveilError: if steps leave all recognizers out, or as :func:`enroll` and
            :class:`Wearers` say.
    """
    stored, bare = folders
    if (out := settings.left_out_per_step) >= len(against):
        raise FaceveilError(
            f"params.yaml: {settings.SECTION}.left_out_per_step is {out}, but there are "
            f"{len(against)} recognizers to evade; leave out fewer"
        )
    people = sources.roles.of_role("train")
    evaded = [enroll(stored / name, bare / name, people, settings, device) for name in against]
    wearers, inputs = Wearers(sources), fingerprints(sources, evaded)
    if not (isinstance(settings, TrainGenerator) and settings.conditioned_on == "wearer"):
        return Task(settings, wearers, evaded), inputs
    features = wearer_features(bare, evaded[0].named, wearers.people)
    inputs["features"] = hashlib.sha256(features.numpy().tobytes()).hexdigest()
    return Task(settings, wearers, evaded, features.to(device)), inputs


def enroll(
    stored: Path,
    bare: Path,
    people: Sequence[str],
    settings: ClothTraining,
    device: torch.device,
) -> Evaded:
    """Open a recognizer and enroll people with the mean of their bare faces.

    Its threshold and the cosine of strangers are those of these people's bare faces.

    Args:
        stored: folder of the recognizer.
        bare: folder of what it saw of bare faces, by kind of photo.
        people: who trains.
        settings: with the false match rate of the threshold.
        device: where it computes.

    Raises:
        FaceveilError: if it gives no gradients, a person has no bare face, or there are too few
            people for the rate.
    """
    recognizer = open_recognizer(stored, device)
    if not recognizer.gives_gradients:
        raise FaceveilError(
            f"params.yaml: {recognizer.name!r} gives no gradients (architecture "
            f"{recognizer.card['architecture']}); textures are optimised against others than onnx"
        )
    fix_slopes(recognizer.trunk)
    vectors, labels = _bare_faces(bare, recognizer.fingerprint, people)
    sums = np.zeros((len(people), vectors.shape[1]))
    np.add.at(sums, labels, vectors)
    few = slice(None, None, max(1, len(vectors) // MOST_COMPARED))
    cosines = vectors[few] @ vectors[few].T
    apart = cosines[np.triu(labels[few][:, None] != labels[few][None, :], k=1)]
    rate = settings.false_match_rate
    threshold = threshold_at_fmr(apart, rate)
    if threshold is None:
        raise FaceveilError(
            f"params.yaml: {settings.SECTION}.false_match_rate is {rate}, which {len(apart)} "
            f"comparisons of {len(people)} training people cannot show; raise it"
        )
    templates = functional.normalize(torch.from_numpy(sums), dim=1).float().to(device)
    return Evaded(recognizer, templates, threshold, float(apart.mean()))


def fingerprints(sources: Sources, evaded: Sequence[Evaded]) -> dict[str, str]:
    """Return SHA-256 sums of all that decides how textures come out, besides the settings."""
    people = " ".join(sources.roles.of_role("train"))
    made = {"people": hashlib.sha256(people.encode()).hexdigest()}
    for kind in MASKED_PHOTOS.values():
        faces = sources.faces(kind)
        digest = hashlib.sha256()
        for values in (faces.pixels, faces.transparency, faces.coordinates) if len(faces) else ():
            digest.update(np.ascontiguousarray(values).reshape(-1).view(np.uint8).data)
        made[kind] = digest.hexdigest()
    templates = {one.recognizer.name: one.templates.cpu().numpy().tobytes() for one in evaded}
    return (
        made
        | {f"recognizers/{one.recognizer.name}": one.recognizer.fingerprint for one in evaded}
        | {f"templates/{name}": hashlib.sha256(t).hexdigest() for name, t in templates.items()}
    )


def _bare_faces(
    bare: Path, fingerprint: str, people: Sequence[str]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return embeddings ``[N, E]`` of people's bare faces, and whose each is, int64 ``[N]``."""
    number = {who: place for place, who in enumerate(people)}
    seen, whose = [], []
    for kind in UNMASKED_PHOTOS.values():
        table = read_embeddings(bare / kind, fingerprint)
        known = np.isin(table.subject_ids, np.array(people, dtype=np.str_))
        seen.append(table.embeddings[known].astype(np.float64))
        whose += [number[who] for who in table.subject_ids[known]]
    if missing := sorted(set(range(len(people))) - set(whose)):
        raise FaceveilError(f"{bare}: no bare face of {people[missing[0]]!r}")
    return np.concatenate(seen), np.array(whose, dtype=np.int64)
