"""How well a recognizer knows the people of the study, none of whom it was trained on."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from faceveil.metrics.identification import hits
from faceveil.metrics.intervals import wilson_interval
from faceveil.metrics.verification import auc
from faceveil.params.errors import FaceveilError
from faceveil.recognition.embedding import see_photos
from faceveil.recognition.recognizer import Recognizer
from faceveil.store.faces import open_faces
from faceveil.store.weights import Card

PROBES = {"other_photo": "further_unmasked", "same_photo_masked": "masked"}
"""What is looked for in the gallery of unmasked photos, and the kind that holds it."""

MOST = 1000
"""People measured at most, the first by id: more cost time and tell little more."""


def measure_recognizer(recognizer: Recognizer, curated: Path, batch_size: int) -> Card:
    """Measure rank-1 identification and AUC on curated people, one gallery for all probes.

    Args:
        recognizer: what is measured.
        curated: folder of the packed faces.
        batch_size: photos per forward pass; changes no result.

    Returns:
        ``gallery_people`` and, for each protocol with probes, ``rank_1`` in [0, 1], ``hits`` of
        ``probes``, the 95 % Wilson interval of ``rank_1`` as ``interval``, and ``auc``.

    Raises:
        FaceveilError: if there are fewer than two people.
    """
    faces = open_faces(curated, "unmasked")
    studied = faces.rows["split"].isin(["train", "test"])
    people = sorted(faces.rows.loc[studied, "subject_id"])[:MOST]
    if len(people) < 2:
        raise FaceveilError(
            f"{curated}: {len(people)} people; a recognizer is measured on 2 or more"
        )
    rows = np.asarray(faces.rows_of(people), dtype=np.int64)
    gallery = recognizer.templates(see_photos(recognizer, curated, "unmasked", rows, batch_size))
    measured: Card = {"gallery_people": len(people)}
    for protocol, kind in PROBES.items():
        subjects = open_faces(curated, kind).rows["subject_id"].to_numpy(dtype=np.str_)
        rows = np.flatnonzero(np.isin(subjects, people)).astype(np.int64)
        if len(rows):
            seen = see_photos(recognizer, curated, kind, rows, batch_size)
            similarity = recognizer.templates(seen) @ gallery.T
            measured[protocol] = _measure(similarity, subjects[rows], np.array(people))
    return measured


def _measure(
    similarity: NDArray[np.float64], subjects: NDArray[np.str_], people: NDArray[np.str_]
) -> Card:
    """Look up all probes, and tell mated from non-mated pairs."""
    found = int(hits(similarity, subjects, people).sum())
    mated = subjects[:, None] == people[None]
    return {
        "rank_1": found / len(subjects),
        "hits": found,
        "probes": len(subjects),
        "interval": list(wilson_interval(found, len(subjects))),
        "auc": auc(similarity[mated], similarity[~mated]),
    }
