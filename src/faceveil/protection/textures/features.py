"""What recognizers stored of wearers, before anybody wears a design."""

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from faceveil.store.embeddings import read_embeddings
from faceveil.store.protocol import UNMASKED_PHOTOS

ENROLLED = UNMASKED_PHOTOS["same_photo"]
"""The kind of photo whose feature decides what its owner wears: the one that is on file."""


def wearer_features(folder: Path, recognizer: str, people: Sequence[str]) -> Tensor:
    """Return what a recognizer stored of people's enrolled bare faces, unit vectors ``[P, E]``.

    It is never what it saw of a photo that probes: a design is made before it is worn.

    Args:
        folder: of its embeddings of bare faces, by kind of photo.
        recognizer: its fingerprint.
        people: by ``subject_id``.

    Raises:
        FaceveilError: if somebody has none, or another recognizer made them.
    """
    table = read_embeddings(folder / ENROLLED, recognizer)
    return torch.from_numpy(table.embeddings[table.rows_of(people)])
