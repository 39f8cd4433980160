"""Who plays: masked photos, stored features and gallery of the same people, joined by id once.

Everything after this module works with numbers of people: number ``i`` is row ``i`` of the gallery,
the label of face ``i`` and row ``i`` of the stored features.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from faceveil.params.errors import FaceveilError
from faceveil.store.embeddings import EmbeddingTable
from faceveil.store.faces import PackedFaces


@dataclass(frozen=True)
class Probes:
    """Stored features of photos that are never seen by the trunk again.

    Attributes:
        features: float32 ``[P, F]``.
        labels: int64 ``[P]``, the number of the person in each photo.
    """

    features: Tensor
    labels: Tensor


@dataclass(frozen=True)
class People:
    """Training people first (numbers 0 to T - 1), then the held-out ones (T to G - 1).

    Attributes:
        subject_ids: the id of each person.
        trained: ``T``, how many people train.
        faces: masked photos with a transparency.
        rows: int64 ``[T]``, the row in ``faces`` of each training person.
        gallery: float32 ``[G, F]``, trunk features of the unmasked photos.
        masked: float32 ``[T, F]``, trunk features of the training people's masked photos.
        plain_mask: masked photos of all people.
        clean_face: further unmasked photos of all people; the gallery's own where there are none.
    """

    subject_ids: tuple[str, ...]
    trained: int
    faces: PackedFaces
    rows: NDArray[np.int64]
    gallery: Tensor
    masked: Tensor
    plain_mask: Probes
    clean_face: Probes

    def counts(self) -> dict[str, int]:
        """Return how many people train, are held out and are enrolled."""
        enrolled = len(self.subject_ids)
        held_out = enrolled - self.trained
        return {"trained": self.trained, "held_out": held_out, "enrolled": enrolled}


def gather_people(
    faces: PackedFaces, tables: Mapping[str, EmbeddingTable], device: torch.device
) -> People:
    """Join the masked photos and the stored features of the same people.

    Args:
        faces: masked photos with a transparency, of at least all training people.
        tables: stored features of the kinds ``unmasked``, ``masked`` and ``further_unmasked``.
        device: where the features are needed.

    Raises:
        FaceveilError: if fewer than two people train, a person is missing somewhere, or no photo
            shows a mask.
    """
    unmasked, masked, further = (tables[k] for k in ("unmasked", "masked", "further_unmasked"))
    training = unmasked.subject_ids[unmasked.splits == "train"]
    held_out = unmasked.subject_ids[unmasked.splits == "test"]
    subjects = np.unique(training).tolist() + np.unique(held_out).tolist()
    trained = len(np.unique(training))
    if trained < 2:
        raise FaceveilError(f"{trained} people to train on; at least 2 are needed, check curation")
    rows = faces.rows_of(subjects[:trained])
    _has_masks(faces, rows)
    clean = _probes(further, subjects, device)
    gallery = _moved(unmasked.features[unmasked.rows_of(subjects)], device)
    themselves = Probes(gallery, torch.arange(len(subjects), device=device))
    return People(
        subject_ids=tuple(subjects),
        trained=trained,
        faces=faces,
        rows=rows,
        gallery=gallery,
        masked=_moved(masked.features[masked.rows_of(subjects[:trained])], device),
        plain_mask=_probes(masked, subjects, device),
        clean_face=clean if len(clean.labels) else themselves,
    )


def draw_others(numbers: Tensor, trained: int, size: int, draw: np.random.Generator) -> Tensor:
    """Return training people besides those of a batch, nobody twice, each as likely as any other.

    Takes time and memory for the people drawn, however many there are to draw from.

    Args:
        numbers: int64 ``[B]``, the people of the batch, nobody twice.
        trained: how many people train.
        size: how many the batch and the others shall be together; a larger batch stays as it is.
        draw: a stream of random numbers.

    Returns:
        int64 ``[min(size, trained) - B]``, or none.
    """
    mine = np.sort(numbers.numpy())
    wanted = max(0, min(size, trained) - len(mine))
    # The x-th of all who are not in the batch: x, plus those of the batch who come before.
    places = draw.choice(trained - len(mine), wanted, replace=False, shuffle=False)
    before = np.searchsorted(mine - np.arange(len(mine)), places, side="right")
    return torch.from_numpy(places + before)


def _probes(table: EmbeddingTable, subjects: list[str], device: torch.device) -> Probes:
    """Return all photos of enrolled people, each with its person's number."""
    number = {subject: i for i, subject in enumerate(subjects)}
    enrolled = np.array([subject in number for subject in table.subject_ids], dtype=bool)
    labels = [number[subject] for subject in table.subject_ids[enrolled]]
    return Probes(
        _moved(table.features[enrolled], device),
        torch.tensor(labels, dtype=torch.int64, device=device),
    )


def _moved(features: NDArray[np.float32], device: torch.device) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(features)).to(device)


def _has_masks(faces: PackedFaces, rows: NDArray[np.int64]) -> None:
    """Refuse photos on which no design would show."""
    seen = faces.transparency
    # Photo by photo, up to the first with a mask: all of them may be more than memory holds.
    if seen is None or not any(seen[row].any() for row in rows):
        raise FaceveilError(
            "the transparency shows no mask on any training photo; "
            "check train_gan.transparency and the projector's metrics"
        )
