"""What projectors see: photo, truth and the transparency of each architecture."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from faceveil.report.figures.people import people_figure
from faceveil.store.faces import PackedFaces
from faceveil.wearing.composition import projected
from faceveil.wearing.train_projector import Projectors, select, shown

PEOPLE = 10
"""Photos shown at most."""


def projector_figure(path: Path, projectors: Projectors) -> None:
    """Draw held-out people as PNG, with the transparency exactly as designs are worn with it."""
    held_out = projectors.annotations.held_out
    faces = select(held_out, range(min(PEOPLE, len(held_out))))
    people_figure(path, panels(faces, projectors), faces.rows["image_id"].tolist())


def panels(faces: PackedFaces, projectors: Projectors) -> dict[str, NDArray[np.float32]]:
    """Return the rows of the figure by label, pictures ``[P, S, S, 3]`` in [0, 1].

    A transparency is shown as grey, 1 white, and never thresholded: neither training nor a worn
    design ever sees a decision per pixel.
    """
    rows = {"photo": faces.images(slice(None)).permute(0, 2, 3, 1).numpy(), "truth": _grey(faces)}
    for name, projector in projectors.trained.items():
        device = next(projector.parameters()).device
        label = f"{name}\nIoU {projectors.measured[name]['iou']:.3f}"
        rows[label] = _grey(projected(faces, projector, device))
    return rows


def _grey(faces: PackedFaces) -> NDArray[np.float32]:
    return np.repeat(shown(faces)[..., None], 3, axis=3)
