"""Where masks are on all masked photos, computed once: what every later stage wears designs on."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from faceveil.params.errors import FaceveilError
from faceveil.runtime.atomic import atomic_directory
from faceveil.store.faces import PackedFaces, open_faces
from faceveil.wearing.composition import annotated, projected
from faceveil.wearing.projector import load_projector

MASKED = ("masked", "further_masked")
"""Kinds of photos of people who wear a mask."""


def write_transparencies(
    curated: Path, projector: Path, source: str, device: torch.device, out: Path
) -> None:
    """Write ``<kind>.npy`` for each kind of masked photos, uint8 ``[N, S, S]``, all or none.

    The source is ``projector``, or ``annotated``: cut-outs and differences of photo pairs.
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


def open_masked(curated: Path, transparencies: Path, kind: str) -> PackedFaces:
    """Open masked photos with their transparency, both memory-mapped.

    Raises:
        FaceveilError: if either is missing, or they are not of the same photos.
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
    return replace(faces, transparency=seen)
