"""Another person's face, printed on the mask."""

import numpy as np
import torch
from pydantic import Field
from torch import Tensor

from faceveil.params.errors import FaceveilError
from faceveil.params.section import Section
from faceveil.protection.base import Worn
from faceveil.store.faces import PackedFaces


class OtherFace(Worn):
    """Unmasked photos of people who train; nobody who is judged lends a face."""

    class Settings(Section):
        """How many faces."""

        faces: int = Field(default=8, ge=1, description="people whose photo is worn")

    settings: Settings
    faces: Tensor

    @property
    def variants(self) -> int:
        """One per face."""
        return self.settings.faces

    def fit(self, people: PackedFaces, seed: int) -> None:  # noqa: ARG002
        """Take the photos of the first people by id.

        Raises:
            FaceveilError: if there are fewer people.
        """
        subjects = np.unique(people.rows["subject_id"].to_numpy(dtype=np.str_)).tolist()
        if len(subjects) < self.variants:
            raise FaceveilError(
                f"params.yaml: another person's face asks for {self.variants} faces, but "
                f"{len(subjects)} people train; lower faces or curate more people"
            )
        self.faces = people.images(people.rows_of(subjects[: self.variants]))

    def pattern(self, variant: int, size: int, seed: int) -> Tensor:  # noqa: ARG002
        """Return the photo of one of them, as large as the wearer's."""
        face = self.faces[variant]
        if face.shape[-1] == size:
            return face
        return torch.nn.functional.interpolate(face[None], (size, size), mode="area")[0]
