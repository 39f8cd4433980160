"""Where masks are on all masked photos, computed once: what every later stage wears designs on."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from faceveil.collection.index import INDEX
from faceveil.collection.places import Places, read_places
from faceveil.masks.coordinates import estimate_coordinates
from faceveil.params.errors import FaceveilError
from faceveil.runtime.atomic import atomic_directory
from faceveil.runtime.progress import progress
from faceveil.store.coordinates import as_stored
from faceveil.store.faces import (
    MASKED,
    PackedFaces,
    check_coordinates,
    open_coordinates,
    open_faces,
    reserve,
)
from faceveil.wearing.composition import annotated, projected
from faceveil.wearing.projector import load_projector

ESTIMATED = "{kind}_coordinates.npy"
"""Where the stage puts the coordinates of a kind that curation has packed none of."""


def write_transparencies(
    curated: Path, projector: Path, source: str, device: torch.device, out: Path
) -> None:
    """Write ``<kind>.npy`` for each kind of masked photos, uint8 ``[N, S, S]``, all or none.

    The source is ``projector``, or ``annotated``: cut-outs and differences of photo pairs. Where
    curation has measured faces and packed no mask coordinates, they are estimated from the faces
    and written beside, uint16 ``[N, 3, S, S]``.
    """
    with atomic_directory(out) as folder:
        for kind in MASKED:
            faces = open_faces(curated, kind)
            if source == "projector":
                found = projected(faces, load_projector(projector).to(device), device)
            else:
                bare = open_faces(curated, kind.replace("masked", "unmasked"))
                found = annotated(faces, bare, open_faces(curated, "annotated"))
            np.save(folder / f"{kind}.npy", np.asarray(found.transparency), allow_pickle=False)
            if faces.coordinates is None and (curated / INDEX).is_file():
                places = read_places(curated, kind)
                _estimate(found, places, folder / ESTIMATED.format(kind=kind))


def _estimate(faces: PackedFaces, places: Places, path: Path) -> None:
    """Write the estimated coordinates of photos with transparency, one in memory at a time."""
    transparency, size = faces.transparency, faces.image_size
    if transparency is None:
        raise ValueError("coordinates are estimated of photos with transparency")
    without = faces.rows["image_id"][~places.found].tolist()
    if without:
        raise FaceveilError(
            f"photo {without[0]!r} ({len(without)} in all): no face was found in it, so that no "
            "mask coordinates can be estimated; leave such photos out of the collection and run "
            "`dvc repro curate`"
        )
    store = reserve(path, (len(faces), 3, size, size), np.uint16)
    for row in progress("coordinates estimated", range(len(faces))):
        box, points = size * places.boxes[row], size * places.points[row]
        found = estimate_coordinates(faces.pixels[row], transparency[row], box, points)
        store[row] = as_stored(found)
    store.flush()


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
    seen = np.load(path, mmap_mode="r", allow_pickle=False)
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
