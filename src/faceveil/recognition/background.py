"""Which background people a recognizer learns from: a run of them, in the order of their ids."""

from dataclasses import replace

import numpy as np

from faceveil.params.errors import FaceveilError
from faceveil.store.faces import PackedFaces


def background_rows(faces: PackedFaces, skip: int, people: int, keys: str) -> slice:
    """Return the rows of ``people`` background people, after the first ``skip`` of them.

    Args:
        faces: background photos; a packed store has those of a person side by side, by id.
        skip: people to leave out, the first by id.
        people: people to take, the next ones.
        keys: where the numbers come from, for the message.

    Raises:
        FaceveilError: if there are not as many people.
    """
    subjects = faces.rows["subject_id"].to_numpy(dtype=np.str_)
    there = np.unique(subjects)
    if len(there) < skip + people:
        raise FaceveilError(
            f"params.yaml: {keys} ask for {skip + people} background people, but "
            f"{len(there)} are curated; ask for fewer, or raise synthesize.background_people"
        )
    if (subjects[:-1] > subjects[1:]).any():
        raise FaceveilError("background photos are not sorted by person; run `dvc repro curate`")
    chosen = there[skip : skip + people]
    start = np.searchsorted(subjects, chosen[0], side="left")
    return slice(int(start), int(np.searchsorted(subjects, chosen[-1], side="right")))


def take_rows(faces: PackedFaces, rows: slice) -> PackedFaces:
    """Return consecutive photos, still memory-mapped."""
    kept = faces.rows.iloc[rows].reset_index(drop=True)
    return replace(faces, pixels=faces.pixels[rows], rows=kept, transparency=None)
