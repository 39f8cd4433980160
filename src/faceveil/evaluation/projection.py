"""Where designs and controls are worn: the transparency that the experiment was played with."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from faceveil.params.experiments import Game
from faceveil.store.faces import PackedFaces, open_faces
from faceveil.wearing.projector import load_projector
from faceveil.wearing.transparency import annotated, projected


@dataclass(frozen=True)
class Projection:
    """How masked photos get their transparency.

    Attributes:
        curated: folder of the packed faces.
        projector: folder of the projector.
        game: says whether the projector sees the mask or it is known.
        device: where the projector runs.
    """

    curated: Path
    projector: Path
    game: Game
    device: torch.device

    def of(
        self, faces: PackedFaces, kind: str, wanted: NDArray[np.int64] | None = None
    ) -> PackedFaces:
        """Return masked photos, of the kind named, with their transparency.

        Args:
            faces: photos.
            kind: of them.
            wanted: rows that will be looked at; all if not said.

        Raises:
            FaceveilError: if the projector or a known transparency is missing.
        """
        if self.game.transparency == "projector":
            projector = load_projector(self.projector).to(self.device)
            return projected(faces, projector, self.device, wanted)
        unmasked = open_faces(self.curated, kind.replace("masked", "unmasked"))
        return annotated(faces, unmasked, open_faces(self.curated, "annotated"))
