"""The annotated photos a projector learns from, and those it is measured on.

People held out here are all those of the test split and, up to the share asked for, seeded others:
no projector has seen anyone on whom a design is tested.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from faceveil.metrics.intervals import bootstrap_interval
from faceveil.metrics.segmentation import iou
from faceveil.params.errors import FaceveilError
from faceveil.params.train_projector import TrainProjector
from faceveil.runtime.seeding import stream_seed
from faceveil.store.faces import PackedFaces, open_faces
from faceveil.store.weights import Card
from faceveil.wearing.transparency import annotated


@dataclass(frozen=True)
class Annotations:
    """Photos with a known transparency, sorted by image_id; nobody is in both parts."""

    training: PackedFaces
    held_out: PackedFaces


def read_annotations(curated: Path, settings: TrainProjector) -> Annotations:
    """Choose annotated photos and hold some people out; the order of the store changes nothing.

    Args:
        curated: folder of the packed faces.
        settings: kind of annotation, how many photos, share held out, seed.

    Raises:
        FaceveilError: if there are no annotated photos, or all of them show people to hold out.
    """
    if settings.annotations == "cutouts":
        photos = _chosen(open_faces(curated, "annotated"), settings, curated)
    else:
        masked, unmasked = (open_faces(curated, kind) for kind in ("masked", "unmasked"))
        photos = _by_difference(_chosen(masked, settings, curated), unmasked)
    held_out = photos.rows["subject_id"].isin(_people_held_out(photos, settings)).to_numpy()
    if held_out.all():
        raise FaceveilError(
            f"train_projector: all {len(photos)} annotated photos show people to hold out (the test"
            " split, or train_projector.held_out_share); annotate photos of other people"
        )
    return Annotations(
        select(photos, np.flatnonzero(~held_out)), select(photos, np.flatnonzero(held_out))
    )


def difference_agreement(curated: Path) -> Card:
    """Compare cut-outs with the transparency derived from the pair's difference.

    Returns:
        ``iou`` with its 95 % ``interval`` and the number of ``photos``; only ``photos: 0`` where no
        cut-out's photo has an unmasked pair.
    """
    cutouts, unmasked = (open_faces(curated, kind) for kind in ("annotated", "unmasked"))
    pairs = cutouts.rows["image_id"].str.removesuffix("_Mask")
    paired = select(cutouts, np.flatnonzero(pairs.isin(unmasked.rows["image_id"])))
    if len(paired) == 0:
        return {"photos": 0}
    derived = _by_difference(paired, unmasked)
    overlaps = iou(shown(derived), shown(paired))
    interval = bootstrap_interval(overlaps, paired.rows["subject_id"], bounds=(0, 1))
    return {"photos": len(paired), "iou": float(overlaps.mean()), "interval": list(interval)}


def select(faces: PackedFaces, rows: Sequence[int] | NDArray[np.int64]) -> PackedFaces:
    """Return some of the photos, in the order of ``rows``."""
    numbers = np.asarray(rows, dtype=np.int64)
    known = None if faces.transparency is None else faces.transparency[numbers]
    return PackedFaces(
        faces.pixels[numbers], faces.rows.iloc[numbers].reset_index(drop=True), known
    )


def shown(faces: PackedFaces) -> NDArray[np.float32]:
    """Return the transparency of all photos, float32 ``[N, S, S]`` in [0, 1].

    Raises:
        FaceveilError: if the photos are not annotated.
    """
    return faces.transparencies(slice(None))[:, 0].numpy()


def _chosen(faces: PackedFaces, settings: TrainProjector, curated: Path) -> PackedFaces:
    """Draw as many photos as asked for, or take all there are; sorted by image_id."""
    if faces.rows["subject_id"].nunique() < 2:
        raise FaceveilError(
            f"{curated}: {len(faces)} annotated photos for train_projector.annotations"
            f" {settings.annotations!r}; 2 people or more are needed: put cut-outs into the"
            " collection's folder transparent/, or set the key to 'difference' to use photo pairs"
        )
    by_id = np.argsort(faces.rows["image_id"].to_numpy(dtype=str))
    drawn = _shuffled(len(faces), settings, "photos")[: settings.annotated]
    return select(faces, by_id[np.sort(drawn)])


def _people_held_out(photos: PackedFaces, settings: TrainProjector) -> Sequence[str]:
    """Return everyone of the test split, and others until the share is reached."""
    split = photos.rows.groupby("subject_id")["split"].first().sort_index()
    tested = split.index[split == "test"].tolist()
    others = split.index[split != "test"].to_numpy(dtype=str)
    wanted = math.ceil(settings.held_out_share * len(split)) - len(tested)
    drawn = others[_shuffled(len(others), settings, "people")]
    return [*tested, *drawn[: max(wanted, 0)].tolist()]


def _shuffled(count: int, settings: TrainProjector, purpose: str) -> NDArray[np.int64]:
    rng = np.random.default_rng(stream_seed(settings.seed, "annotations", purpose))
    return rng.permutation(count)


def _by_difference(photos: PackedFaces, unmasked: PackedFaces) -> PackedFaces:
    """Return the photos with the transparency that their pairs show, whatever they had before."""
    return annotated(replace(photos, transparency=None), unmasked, select(photos, []))
