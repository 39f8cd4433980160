"""Thresholds: chosen on other people, before any design is worn, and frozen in a file."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from faceveil.evaluation.search import DECIMALS, STEP
from faceveil.evaluation.trials import enroll
from faceveil.metrics.verification import threshold_at_fmr
from faceveil.params.errors import FaceveilError
from faceveil.recognition.facenet import FaceNet
from faceveil.runtime.atomic import atomic_directory
from faceveil.store.embeddings import EmbeddingTable, read_embeddings
from faceveil.store.protocol import DEV, UNMASKED_PHOTOS, Roles

OTHERS = "others.json"
"""Name of the file that holds the thresholds of partners and black boxes."""


@dataclass(frozen=True)
class Threshold:
    """One operating point of a recognizer.

    Attributes:
        fmr: the false match rate that it is chosen for, in (0, 1).
        threshold: least similarity that is a match; None where the rate is not reachable.
        nonmated: comparisons of two people that it was chosen on.
        needed: comparisons that would be needed, where there are too few; else None.
        role: of the people it was chosen on, ``dev`` or ``train``; never the held-out ones.
    """

    fmr: float
    threshold: float | None
    nonmated: int
    needed: int | None
    role: str = "dev"


Similarity = NDArray[np.float64]
"""Of dev probes to dev templates, ``[P, G]``."""


@dataclass(frozen=True)
class Calibration:
    """Thresholds of one recognizer, and what they were chosen on.

    Attributes:
        kind: of the unmasked photos that probed.
        people: enrolled people that they were chosen on.
        thresholds: one for each false match rate.
    """

    kind: str
    people: int
    thresholds: tuple[Threshold, ...]


def unmasked_features(embeddings: Path, fingerprint: str) -> dict[str, EmbeddingTable]:
    """Read the trunk features of all unmasked photos, by kind.

    Raises:
        FaceveilError: if embeddings are missing or another trunk made them.
    """
    return {
        kind: read_embeddings(embeddings, kind, fingerprint) for kind in UNMASKED_PHOTOS.values()
    }


def calibrate_facenet(
    recognizer: FaceNet,
    unmasked: Mapping[str, EmbeddingTable],
    roles: Roles,
    rates: Sequence[float],
) -> Calibration:
    """Choose the thresholds of FaceNet with any head, from trunk features.

    Args:
        recognizer: its head is asked.
        unmasked: trunk features of unmasked photos, by kind.
        roles: who is a dev person.
        rates: false match rates.

    Raises:
        FaceveilError: if none of those people probes.
    """
    protocol, kind = probing_photos(roles)
    probes = unmasked[kind].of(roles.probing(DEV, protocol, kind))
    device = recognizer.head.weight.device
    gallery = enroll(recognizer, unmasked["unmasked"].of(roles.enrolled(DEV)), device)
    similarity = gallery.similarity(torch.tensor(probes.features, device=device))
    subjects = (probes.subject_ids, gallery.subject_ids)
    chosen = choose_thresholds(similarity, *subjects, rates, kind, roles.choosing)
    return Calibration(kind, len(gallery.subject_ids), chosen)


def probing_photos(roles: Roles) -> tuple[str, str]:
    """Return protocol and kind of the unmasked photos that thresholds are chosen with.

    Other photos where the collection has any; the enrolled ones against one another where not.
    """
    for protocol in ("other_photo", "same_photo"):
        kind = UNMASKED_PHOTOS[protocol]
        if len(roles.probing(DEV, protocol, kind)):
            return protocol, kind
    raise FaceveilError(
        "data/protocol: none of those probes on whom thresholds are chosen; raise "
        "protocol.dev_people or protocol.training_probes"
    )


def choose_thresholds(
    similarity: Similarity,
    probe_ids: NDArray[np.str_],
    gallery_ids: NDArray[np.str_],
    rates: Sequence[float],
    kind: str,
    role: str,
) -> tuple[Threshold, ...]:
    """Choose a threshold for each false match rate, as a multiple of 1e-4.

    Args:
        similarity: ``[P, G]``.
        probe_ids: whose photo each row is.
        gallery_ids: whose template each column is.
        rates: false match rates.
        kind: of the probing photos. Two enrolled photos are compared once, A's with B's; a further
            photo of each makes two comparisons.
        role: of these people.
    """
    probes, templates = probe_ids[:, None], gallery_ids[None]
    other = probes < templates if kind == UNMASKED_PHOTOS["same_photo"] else probes != templates
    nonmated = np.round(similarity, DECIMALS)[other]
    return tuple(_threshold(nonmated, fmr, role) for fmr in rates)


def write_thresholds(
    folder: Path, ended: Mapping[str, Calibration], others: Mapping[str, Calibration]
) -> None:
    """Write calibrations as JSON, all of them or none.

    Args:
        folder: replaced.
        ended: of the recognizer that each experiment ended with; a file each, ``<name>.json``, so
            that an edit of one experiment leaves the others as they are.
        others: of partners and black boxes, by name; together in ``others.json``.
    """
    files = {f"{name}.json": {name: one} for name, one in ended.items()} | {OTHERS: others}
    with atomic_directory(folder) as temporary:
        for name, calibrations in files.items():
            document = {of: asdict(one) for of, one in calibrations.items()}
            (temporary / name).write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


def read_thresholds(path: Path, name: str) -> tuple[Threshold, ...]:
    """Read the thresholds of one recognizer.

    Raises:
        FaceveilError: if the file is missing, holds something else or not this recognizer.
    """
    if not path.is_file():
        raise FaceveilError(f"{path}: no thresholds here; run `dvc repro calibrate` first")
    try:
        document: dict[str, Any] = json.loads(path.read_text())
        if name not in document:
            known = ", ".join(document)
            raise FaceveilError(f"{path}: no thresholds of {name!r}; there are those of {known}")
        return tuple(Threshold(**one) for one in document[name]["thresholds"])
    except (ValueError, KeyError, TypeError) as error:
        raise FaceveilError(f"{path}: not a file of thresholds ({error})") from None


def _threshold(nonmated: NDArray[np.float64], fmr: float, role: str) -> Threshold:
    found = threshold_at_fmr(nonmated, fmr, STEP)
    needed = None if found is not None else round(1 / fmr)
    return Threshold(fmr, found, len(nonmated), needed, role)
