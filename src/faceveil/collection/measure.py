"""What is measured of each file of some people: faces, clarity, the mask's region and realism."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from faceveil.collection.clarity import measure_sharpness
from faceveil.collection.detection import Faces, detect_faces
from faceveil.collection.difference import difference_transparency
from faceveil.collection.images import MASK_LABEL, resize
from faceveil.collection.index import BOX, POINTS
from faceveil.collection.layouts import Entry
from faceveil.collection.looks import PHOTOS, Look, look_at
from faceveil.collection.placement import measure_placement
from faceveil.collection.realism import measure_realism
from faceveil.runtime.parallel import one_thread

NEXT_FACE = 0.69
"""A further face counts from this share of the first one's size on."""

NEXT_PROBABILITY = 0.95
"""And if the detector is this certain of it."""

DECIMALS = 4
"""What is kept of a measure: far below what matters, far above what rounding errors reach."""

Row = dict[str, Any]


def measure_people(root: Path, entries: Sequence[Entry]) -> list[Row]:
    """Read and measure all files of some people.

    Args:
        root: folder of the collection.
        entries: at least all files of each person that occurs.

    Returns:
        One row per file, in the order of the entries: the columns of the index that could be
        measured, and ``unreadable``, the reason why a file is of no use or an empty text.
    """
    with one_thread():
        looks = look_at(root, entries)
        _find_faces([look for look in looks if look.entry.kind in PHOTOS])
    for look in looks:
        if look.faces is not None and look.pixels is not None:
            _measure_faces(look, look.pixels, look.faces)
            if look.entry.worn_claim != "none":
                _measure_mask(look, look.pixels, look.faces)
    return [{name: _rounded(value) for name, value in look.row.items()} for look in looks]


def _find_faces(photos: Sequence[Look]) -> None:
    """Find faces; a masked photo takes those of the same photo without mask, where there is one."""
    alone = [look for look in photos if look.pixels is not None and look.partner is None]
    found = detect_faces([look.pixels for look in alone if look.pixels is not None])
    for look, faces in zip(alone, found, strict=True):
        look.faces = faces
        look.row["faces_from"] = "own"
    for look in photos:
        if look.partner is not None:
            look.faces = look.partner.faces
            look.row["faces_from"] = "partner"


def _measure_faces(look: Look, photo: NDArray[np.uint8], faces: Faces) -> None:
    """Note how many faces there are, and where and how sharp the largest is."""
    look.row["faces"] = count_faces(faces)
    if not len(faces):
        return
    height, width = photo.shape[:2]
    box, size = faces.boxes[0], np.array([width, height])
    look.row |= dict(zip(BOX, (box.reshape(2, 2) / size).ravel(), strict=True))
    look.row |= dict(zip(POINTS, (faces.landmarks[0] / size).ravel(), strict=True))
    inside = np.clip(box.reshape(2, 2), 0, size)
    look.row["inside_share"] = np.prod(inside[1] - inside[0]) / np.prod(box[2:] - box[:2])
    look.row["face_share"] = (box[3] - box[1]) / height
    look.row["probability"] = min(1.0, faces.probabilities[0])
    look.row["sharpness"] = measure_sharpness(photo, box)


def count_faces(faces: Faces) -> int:
    """Count the faces that share a photo with its first one as equals."""
    if not len(faces):
        return 0
    equal = faces.sizes[1:] >= NEXT_FACE * faces.sizes[0]
    return 1 + int(np.count_nonzero(equal & (faces.probabilities[1:] >= NEXT_PROBABILITY)))


def _measure_mask(look: Look, photo: NDArray[np.uint8], faces: Faces) -> None:
    """Note where the mask is, what it covers and how real it looks."""
    region = _region(look, photo)
    if region is None:
        return
    look.row["region_share"] = region.mean()
    look.row["realism"] = measure_realism(photo, region)
    if len(faces):
        placement = measure_placement(region, faces.landmarks[0])
        look.row["nose_covered"] = placement.nose
        look.row["mouth_covered"] = placement.mouth
        look.row["chin_covered"] = placement.chin


def _region(look: Look, photo: NDArray[np.uint8]) -> NDArray[np.bool_] | None:
    """Return where the mask is by its label image, else by the pair's difference, else None."""
    if look.partner is not None and look.partner.pixels is not None:
        difference = np.abs(photo.astype(np.int16) - look.partner.pixels)
        look.row["pair_difference"] = np.median(difference.max(axis=2)) / 255
    if look.labels is not None and look.labels.pixels is not None:
        look.row["region_from"] = "labels"
        mask = (look.labels.pixels == MASK_LABEL).astype(np.uint8) * 255
        return resize(mask, *photo.shape[:2]) >= 128
    if look.partner is not None and look.partner.pixels is not None:
        look.row["region_from"] = "difference"
        return difference_transparency(look.partner.pixels, photo) >= 0.5
    return None


def _rounded(value: Any) -> Any:
    return round(float(value), DECIMALS) if isinstance(value, float | np.floating) else value
