"""Whom designs are trained on: photos, stored features and gallery, joined by id once.

Everything after this module works with numbers of subjects: number ``i`` is row ``i`` of the
gallery, the label of face ``i`` and row ``i`` of the stored features.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from faceveil.params.errors import FaceveilError
from faceveil.store.embeddings import EmbeddingTable
from faceveil.store.faces import PackedFaces
from faceveil.store.protocol import Roles

CropPass = Callable[[Tensor, NDArray[np.int64]], Tensor]
"""From photos ``[B, 3, S, S]`` in [0, 1] of training subjects, and these subjects' numbers, to what
a recognizer sees of them; differentiable.
"""


def whole_photos(photos: Tensor, subjects: NDArray[np.int64]) -> Tensor:  # noqa: ARG001
    """Crop nothing: a trunk that sees the whole photo resizes it by itself."""
    return photos


@dataclass(frozen=True)
class Probes:
    """Stored features of photos that never pass the trunk again."""

    features: Tensor  # float32 [P, F]
    labels: Tensor  # int64 [P], the number of the subject in each photo


@dataclass(frozen=True)
class TrainingData:
    """Training subjects first (numbers 0 to T - 1), then the held-out ones (T to G - 1)."""

    subject_ids: tuple[str, ...]  # G
    trained: int  # T
    faces: PackedFaces  # masked photos with a transparency
    rows: NDArray[np.int64]  # [T], each training subject's row in faces
    gallery: Tensor  # float32 [G, F], trunk features of the unmasked photos
    masked: Tensor  # float32 [T, F], trunk features of the training subjects' masked photos
    plain_mask: Probes  # masked photos of all subjects
    clean_face: Probes  # further unmasked photos of all; the gallery's own where there are none
    crop: CropPass = whole_photos  # what the target sees of a photo

    def counts(self) -> dict[str, int]:
        """Return how many subjects train, are held out and are enrolled."""
        enrolled = len(self.subject_ids)
        held_out = enrolled - self.trained
        return {"trained": self.trained, "held_out": held_out, "enrolled": enrolled}


def join_subjects(
    faces: PackedFaces, tables: Mapping[str, EmbeddingTable], roles: Roles, device: torch.device
) -> TrainingData:
    """Join masked photos with a transparency and the stored features of the same subjects.

    ``tables`` hold the kinds ``unmasked``, ``masked`` and ``further_unmasked``. People of the roles
    ``train`` and ``test`` are taken, and nobody else.
    """
    unmasked, masked, further = (tables[k] for k in ("unmasked", "masked", "further_unmasked"))
    training, held_out = roles.of_role("train"), roles.of_role("test")
    if len(training) < 2:
        raise FaceveilError(
            f"{len(training)} people to train on; at least 2 are needed, check the protocol"
        )
    subjects = training + held_out
    rows = faces.rows_of(training)
    seen = faces.transparency
    # Photo by photo, up to the first with a mask: all of them may be more than memory holds.
    if seen is None or not any(seen[row].any() for row in rows):
        raise FaceveilError(
            "the transparency shows no mask on any training photo; "
            "check project.transparency and the projector's metrics"
        )
    clean = _probes(further, subjects, device)
    gallery = _moved(unmasked.features[unmasked.rows_of(subjects)], device)
    themselves = Probes(gallery, torch.arange(len(subjects), device=device))
    return TrainingData(
        subject_ids=tuple(subjects),
        trained=len(training),
        faces=faces,
        rows=rows,
        gallery=gallery,
        masked=_moved(masked.features[masked.rows_of(training)], device),
        plain_mask=_probes(masked, subjects, device),
        clean_face=clean if len(clean.labels) else themselves,
    )


@dataclass(frozen=True)
class Surrogate:
    """A further recognizer that the generator must evade; it never learns.

    A design that one recognizer alone teaches may use what only that recognizer sees; Y. Liu et
    al., "Delving into transferable adversarial examples and black-box attacks" (2017), trained
    against several at once.
    """

    trunk: nn.Module  # from what crop gives, in [0, 1], to features [B, F]; frozen
    head: nn.Module  # from features to unit embeddings [B, E]; frozen
    gallery: Tensor  # float32 [T, E], row i the template of training subject i
    crop: CropPass = whole_photos


def draw_others(subjects: Tensor, trained: int, size: int, draw: np.random.Generator) -> Tensor:
    """Return training subjects besides those of a batch, none twice, all equally likely.

    Takes time and memory for the subjects drawn, however many there are to draw from.

    Args:
        subjects: int64 ``[B]``, those of the batch, none twice.
        trained: how many subjects train.
        size: how many both are together: ``[min(size, trained) - B]`` are returned, or none.
        draw: a stream of random numbers.
    """
    own = np.sort(subjects.numpy())
    wanted = max(0, min(size, trained) - len(own))
    # The x-th of all who are not in the batch: x, plus those of the batch who come before.
    places = draw.choice(trained - len(own), wanted, replace=False, shuffle=False)
    before = np.searchsorted(own - np.arange(len(own)), places, side="right")
    return torch.from_numpy(places + before)


def _probes(table: EmbeddingTable, subjects: list[str], device: torch.device) -> Probes:
    """Return all photos of enrolled subjects, each with its subject's number."""
    number = {subject: i for i, subject in enumerate(subjects)}
    enrolled = np.array([subject in number for subject in table.subject_ids], dtype=bool)
    labels = [number[subject] for subject in table.subject_ids[enrolled]]
    return Probes(
        _moved(table.features[enrolled], device),
        torch.tensor(labels, dtype=torch.int64, device=device),
    )


def _moved(features: NDArray[np.float32], device: torch.device) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(features)).to(device)
