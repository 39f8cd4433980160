"""The check of a recognizer: does it tell people apart as well as its card expects?

A recognizer that is fed the wrong crop or the wrong grey values still answers, and a design would
seem to defeat it. So each first verifies people on bare faces, and whoever misses what is expected
is not reported on.
"""

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from faceveil.collection.named_photos import NamedPhotos, find_photos, photo_batches
from faceveil.collection.places import read_places
from faceveil.metrics.intervals import wilson_interval
from faceveil.metrics.verification import verification_accuracy
from faceveil.params.errors import FaceveilError
from faceveil.params.recognizers import CURATED, RecognizerSettings
from faceveil.recognition.recognizer import Recognizer
from faceveil.runtime.progress import progress
from faceveil.runtime.seeding import generator_for
from faceveil.store.faces import open_faces
from faceveil.store.weights import Card

TOLERANCE = 0.01
"""How far below the expected accuracy a check still passes: one point."""

FOLDS = 10
"""Folds of the verification accuracy, where there are as many pairs."""

DRAWS = 16
"""Non-mated pairs drawn for each that is wanted; those of one person or drawn twice are dropped."""

KINDS = ("unmasked", "further_unmasked")
"""The curated photos of bare faces."""

Pairs = NDArray[np.int64]


def check_recognizer(recognizer: Recognizer, curated: Path, settings: RecognizerSettings) -> Card:
    """Verify people on bare faces, half of the pairs mated.

    Args:
        recognizer: what is checked.
        curated: folder of the packed faces, for a check on the curated people.
        settings: where the photos are, how many pairs, and what is expected.

    Returns:
        ``collection``, ``people``, ``photos``, ``photos_without_face`` (left out), ``pairs``,
        ``accuracy`` in [0, 1] and its 95 % Wilson ``interval``, ``expected`` and ``passed``.

    Raises:
        FaceveilError: if the photos are missing or make too few pairs.
    """
    photos = (
        embed_curated_people(recognizer, curated, settings.batch_size)
        if settings.check == CURATED
        else embed_collection(recognizer, Path(settings.check), settings)
    )
    half = settings.check_pairs // 2
    mated, nonmated = draw_pairs(photos.subject_ids, half, settings)
    templates = photos.embeddings.astype(np.float64)
    scores = [(templates[a] * templates[b]).sum(1) for a, b in (mated.T, nonmated.T)]
    accuracy = verification_accuracy(scores[0], scores[1], min(FOLDS, half))
    return {
        "collection": settings.check,
        "people": len(np.unique(photos.subject_ids)),
        "photos": len(photos.subject_ids),
        "photos_without_face": photos.without_face,
        "pairs": 2 * half,
        "accuracy": accuracy,
        "interval": list(wilson_interval(accuracy * 2 * half, 2 * half)),
        "expected": settings.expected_accuracy,
        "passed": bool(accuracy >= settings.expected_accuracy - TOLERANCE - 1e-9),
    }


def draw_pairs(
    subject_ids: NDArray[np.str_], half: int, settings: RecognizerSettings
) -> tuple[Pairs, Pairs]:
    """Draw mated and non-mated pairs of photos, ``[half, 2]`` each, no pair twice.

    Raises:
        FaceveilError: if there are not as many; names the key to change.
    """
    generator = generator_for(settings.seed, "check")
    first, second = np.triu_indices(len(subject_ids), k=1)
    same = subject_ids[first] == subject_ids[second]
    mated = np.stack([first[same], second[same]], axis=1)
    mated = mated[torch.randperm(len(mated), generator=generator).numpy()][:half]
    shape = (DRAWS * half, 2)
    drawn = torch.randint(max(1, len(subject_ids)), shape, generator=generator).numpy()
    drawn = np.sort(drawn, axis=1)
    drawn = drawn[np.sort(np.unique(drawn, axis=0, return_index=True)[1])]
    different = subject_ids[drawn[:, 0]] != subject_ids[drawn[:, 1]]
    nonmated = drawn[different][:half]
    if min(len(mated), len(nonmated)) < half:
        raise FaceveilError(
            f"check_pairs is {settings.check_pairs}, but the photos of {settings.check} make "
            f"{len(mated)} mated and {len(nonmated)} non-mated pairs; lower it or add photos"
        )
    return mated, nonmated


def embed_curated_people(recognizer: Recognizer, curated: Path, batch_size: int) -> NamedPhotos:
    """Embed the bare faces of the spare people, or of all if nobody is spare."""
    subjects: list[str] = []
    seen: list[torch.Tensor] = []
    for kind in KINDS:
        faces = open_faces(curated, kind)
        places = read_places(curated, kind) if recognizer.needs_places else None
        spare = (faces.rows["split"] == "spare").to_numpy()
        rows = np.flatnonzero(spare if spare.any() else ~spare).astype(np.int64)
        for start in progress(f"check on {kind}", range(0, len(rows), batch_size), unit="batch"):
            part = rows[start : start + batch_size]
            where = None if places is None else places[part]
            seen.append(recognizer.see(faces.images(part), where))
        subjects += faces.rows["subject_id"].iloc[rows].tolist()
    return NamedPhotos(np.array(subjects, dtype=np.str_), _templates(recognizer, seen), 0)


def embed_collection(
    recognizer: Recognizer, folder: Path, settings: RecognizerSettings
) -> NamedPhotos:
    """Embed the bare faces of a collection that has one folder per person.

    Raises:
        FaceveilError: if the collection is missing or has too few photos.
    """
    paths = find_photos(folder, settings.check_pairs)
    subjects: list[str] = []
    seen: list[torch.Tensor] = []
    for batch in photo_batches(paths, recognizer.needs_places):
        crops = [recognizer.crop(photo, place) for photo, place in zip(*batch[1:], strict=True)]
        if crops:
            seen.append(recognizer.see_crops(torch.cat(crops)))
        subjects += batch[0]
    if not seen:
        raise FaceveilError(f"{folder}: no face was found in {len(paths)} photos")
    names = np.array(subjects, dtype=np.str_)
    return NamedPhotos(names, _templates(recognizer, seen), len(paths) - len(names))


def _templates(recognizer: Recognizer, seen: list[torch.Tensor]) -> NDArray[np.float32]:
    return recognizer.templates(torch.cat(seen)).astype(np.float32)
