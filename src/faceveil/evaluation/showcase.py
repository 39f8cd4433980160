"""Photos for the figure like the paper's: held-out people as they are and wearing designs."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from faceveil.evaluation.controls import sample_designs
from faceveil.evaluation.projection import Projection
from faceveil.params.errors import FaceveilError
from faceveil.params.file import Params
from faceveil.protection.designs.generators import load_generator
from faceveil.store.faces import PackedFaces, open_faces
from faceveil.wearing.composition import deal, wear

Photos = NDArray[np.float32]
"""Photos ``[P, S, S, 3]`` in [0, 1], RGB."""

ORIGINAL = "plain mask"
"""Label of the row of masked photos as they were taken."""


def showcase(
    curated: Path, projector: Path, gans: Path, params: Params
) -> tuple[list[str], dict[str, Photos]]:
    """Return the ids of held-out people, and their photos by row: plain masks, each experiment.

    The k-th person wears the k-th design that evaluation judged: shown as drawn, not picked.

    Raises:
        FaceveilError: if an artifact is missing or nobody is held out.
    """
    people = held_out_people(curated, params.report.people_shown)
    photos = {ORIGINAL: _photos(people.images(slice(None)))}
    for name in params.experiments:
        projection = Projection(curated, projector, params.game(name), torch.device("cpu"))
        faces = projection.of(people, "masked")
        designs = sample_designs(load_generator(gans / name), params.evaluate)
        photos[name] = wearing(faces, designs)
    return people.rows["subject_id"].tolist(), photos


def held_out_people(curated: Path, count: int) -> PackedFaces:
    """Return the masked photos of the first held-out people, in the order of their ids.

    Raises:
        FaceveilError: if nobody is held out.
    """
    faces = open_faces(curated, "masked")
    rows = faces.rows.reset_index(drop=True)
    held_out = rows[rows["split"] == "test"].sort_values("subject_id").iloc[:count]
    if held_out.empty:
        raise FaceveilError(f"{curated}: nobody is held out; raise curate.test_share or people")
    chosen = held_out.index.to_numpy(dtype=np.int64)
    return replace(faces, pixels=faces.pixels[chosen], rows=held_out, transparency=None)


def wearing(faces: PackedFaces, designs: torch.Tensor) -> Photos:
    """Return photos on which the k-th person wears the k-th design, counted around.

    Args:
        faces: photos with their transparency.
        designs: ``[K, 3, S, S]`` in [0, 1].
    """
    everybody = slice(None)
    worn = deal(designs, len(faces))
    return _photos(wear(faces.images(everybody), faces.transparencies(everybody), worn))


def _photos(images: torch.Tensor) -> Photos:
    photos: Photos = images.clamp(0, 1).permute(0, 2, 3, 1).numpy()
    return photos
