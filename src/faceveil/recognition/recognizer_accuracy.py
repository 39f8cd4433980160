"""How well a recognizer knows the people of the study, none of whom it was trained on."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from faceveil.metrics.identification import hits
from faceveil.metrics.intervals import wilson_interval
from faceveil.metrics.verification import auc
from faceveil.params.errors import FaceveilError
from faceveil.recognition.embedding import embed_faces
from faceveil.recognition.facenet import FaceNet
from faceveil.store.embeddings import EmbeddingTable
from faceveil.store.faces import PackedFaces, open_faces
from faceveil.store.weights import Card

PROBES = {"other_photo": "further_unmasked", "same_photo_masked": "masked"}
"""What is looked for in the gallery of unmasked photos, and the kind that holds it."""

MOST = 1000
"""People measured at most, the first by id: more cost time and tell little more."""


def measure_recognizer(recognizer: FaceNet, curated: Path, batch_size: int) -> Card:
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
    gallery = embed_faces(recognizer, faces, faces.rows_of(people), batch_size)
    measured: Card = {"gallery_people": len(people)}
    for protocol, kind in PROBES.items():
        probes = _of_people(open_faces(curated, kind), people)
        if len(probes[1]):
            measured[protocol] = _measure(embed_faces(recognizer, *probes, batch_size), gallery)
    return measured


def shown_numbers(measured: Card) -> dict[str, float]:
    """Return rank-1 accuracy and AUC by ``<protocol>/<number>``, to be tracked."""
    return {
        f"{protocol}/{name}": measured[protocol][name]
        for protocol in PROBES
        if protocol in measured
        for name in ("rank_1", "auc")
    }


def _of_people(faces: PackedFaces, people: list[str]) -> tuple[PackedFaces, NDArray[np.int64]]:
    """Return the photos and the rows that show the people."""
    return faces, np.flatnonzero(faces.rows["subject_id"].isin(people)).astype(np.int64)


def _measure(probes: EmbeddingTable, gallery: EmbeddingTable) -> Card:
    """Look up all probes, and tell mated from non-mated pairs."""
    similarity = probes.embeddings @ gallery.embeddings.T
    found = int(hits(similarity, probes.subject_ids, gallery.subject_ids).sum())
    mated = probes.subject_ids[:, None] == gallery.subject_ids[None]
    return {
        "rank_1": found / len(probes),
        "hits": found,
        "probes": len(probes),
        "interval": list(wilson_interval(found, len(probes))),
        "auc": auc(similarity[mated], similarity[~mated]),
    }
