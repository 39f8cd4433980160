"""Where the faces are in packed photos: boxes and five points, from the index of the curation."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from faceveil.collection.crops import CROP, seen_in
from faceveil.collection.index import BOX, INDEX, POINTS, packed_rows, read_index
from faceveil.params.errors import FaceveilError
from faceveil.store.faces import open_faces

RowChoice = Sequence[int] | NDArray[np.int64] | slice


@dataclass(frozen=True)
class Places:
    """The place of one face per photo; NaN where none was found.

    Attributes:
        boxes: float32 ``[N, 4]``, left, top, right, bottom, as shares of the photo's width and
            height; may reach out of the photo.
        points: float32 ``[N, 5, 2]``, x and y of the eyes, the nose and the mouth's corners, left
            as seen in the photo first, as shares of width and height.
    """

    boxes: NDArray[np.float32]
    points: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.boxes)

    def __getitem__(self, rows: RowChoice) -> "Places":
        return Places(self.boxes[rows], self.points[rows])

    @property
    def found(self) -> NDArray[np.bool_]:
        """Whether each photo's face was found, bool ``[N]``."""
        found = np.isfinite(self.boxes).all(axis=1) & np.isfinite(self.points).all(axis=(1, 2))
        return np.asarray(found)


def read_places(curated: Path, kind: str) -> Places:
    """Read the places of all photos of a kind; row i is row i of ``open_faces(curated, kind)``.

    A masked photo has the place of the same photo without mask. Where only a part of each photo is
    packed, places are shares of that part.
    """
    rows = packed_rows(read_index(curated / INDEX), kind)
    packed = open_faces(curated, kind).rows
    if rows["image_id"].tolist() != packed["image_id"].tolist():
        raise FaceveilError(
            f"{curated / INDEX}: other photos than in {curated / kind}; run `dvc repro curate`"
        )
    places = rows[[*BOX, *POINTS]].to_numpy(dtype=np.float64).reshape(-1, 7, 2)
    if CROP[0] in packed:
        places = seen_in(places, packed[list(CROP)].to_numpy(dtype=np.float64))
    boxes, points = np.split(places.astype(np.float32), [2], axis=1)
    return Places(boxes.reshape(-1, 4), points)
