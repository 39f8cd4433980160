"""Masked photos as designs are worn on them: with their transparency and mask coordinates."""

from dataclasses import replace
from pathlib import Path

from faceveil.params.errors import FaceveilError
from faceveil.store.faces import (
    PackedFaces,
    check_coordinates,
    open_array,
    open_coordinates,
    open_faces,
)

ESTIMATED = "{kind}_coordinates.npy"
"""Where the stage puts the coordinates of a kind that curation has packed none of."""


def open_masked(curated: Path, transparencies: Path, kind: str) -> PackedFaces:
    """Open masked photos with their transparency and mask coordinates, all memory-mapped.

    Coordinates are those that curation has packed, else those that were estimated; None if there
    are neither.

    Raises:
        FaceveilError: if photos or transparencies are missing, or they are not of the same photos.
    """
    faces, path = open_faces(curated, kind), transparencies / f"{kind}.npy"
    if not path.is_file():
        raise FaceveilError(f"{path}: no transparencies here; run `dvc repro project` first")
    seen = open_array(path, "run `dvc repro -f project`")
    if seen.shape != faces.pixels.shape[:3]:
        raise FaceveilError(
            f"{path}: transparencies {seen.shape} of other photos than {faces.pixels.shape[:3]}; "
            "run `dvc repro -f project`"
        )
    worn = replace(faces, transparency=seen)
    if worn.coordinates is None:
        path = transparencies / ESTIMATED.format(kind=kind)
        worn = replace(worn, coordinates=open_coordinates(path))
        check_coordinates(path, worn, "run `dvc repro -f project`")
    return worn
