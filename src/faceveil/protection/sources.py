"""Where protections find photos: curated ones, where masks are on them, and who is who."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from faceveil.store.faces import PackedFaces, open_faces
from faceveil.store.protocol import MASKED_PHOTOS, Roles
from faceveil.wearing.masked import open_masked


@dataclass(frozen=True)
class Sources:
    """What photos are made of.

    Attributes:
        curated: folder of the packed faces.
        transparencies: folder of where masks are on them.
        roles: who probes with which photo.
    """

    curated: Path
    transparencies: Path
    roles: Roles

    def faces(self, kind: str) -> PackedFaces:
        """Open the photos of a kind, masked ones with their transparency."""
        if kind in MASKED_PHOTOS.values():
            return open_masked(self.curated, self.transparencies, kind)
        return open_faces(self.curated, kind)

    def training_people(self) -> PackedFaces:
        """Return everybody's unmasked photo, with the rows of training people alone."""
        faces = open_faces(self.curated, "unmasked")
        train = self.roles.of_role("train")
        rows = np.flatnonzero(faces.rows["subject_id"].isin(train))
        return PackedFaces(faces.pixels[rows], faces.rows.iloc[rows].reset_index(drop=True))
