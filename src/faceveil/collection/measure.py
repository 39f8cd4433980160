"""What is measured of each file of some people: faces, clarity, the mask's region and realism."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from faceveil.collection.decoded import PHOTOS, DecodedFile, decode_files, pair_difference
from faceveil.collection.detection import Faces, detect_faces
from faceveil.collection.difference import difference_transparency
from faceveil.collection.images import Pixels, resize
from faceveil.collection.index import BOX, POINTS
from faceveil.collection.layouts import Entry
from faceveil.collection.measures import measure_placement, measure_realism, measure_sharpness
from faceveil.runtime.parallel import one_thread

NEXT_FACE = 0.69
"""A further face counts from this share of the first one's size on."""

NEXT_PROBABILITY = 0.95
"""And if the detector is this certain of it."""

DECIMALS = 4
"""What is kept of a measure: far below what matters, far above what rounding errors reach."""

Measures = dict[str, Any]


def measure_people(root: Path, entries: Sequence[Entry]) -> list[Measures]:
    """Read and measure all files of some people."""
    with one_thread():
        files = decode_files(root, entries)
        _find_faces([file for file in files if file.entry.kind in PHOTOS])
    for file in files:
        if file.faces is not None and file.pixels is not None:
            _measure_faces(file, file.pixels, file.faces)
            if file.entry.worn_claim != "none":
                _measure_mask(file, file.pixels, file.faces)
    return [{name: _rounded(value) for name, value in file.row.items()} for file in files]


def _find_faces(photos: Sequence[DecodedFile]) -> None:
    """Find faces; a masked photo takes those of the same photo without mask, where there is one."""
    alone = [file for file in photos if file.pixels is not None and file.partner is None]
    found = detect_faces([file.pixels for file in alone if file.pixels is not None])
    for file, faces in zip(alone, found, strict=True):
        file.faces = faces
        file.row["faces_from"] = "own"
    for file in photos:
        if file.partner is not None:
            file.faces = file.partner.faces
            file.row["faces_from"] = "partner"


def _measure_faces(file: DecodedFile, photo: Pixels, faces: Faces) -> None:
    file.row["faces"] = count_faces(faces)
    if not len(faces):
        return
    height, width = photo.shape[:2]
    box, size = faces.boxes[0], np.array([width, height])
    file.row |= dict(zip(BOX, (box.reshape(2, 2) / size).ravel(), strict=True))
    file.row |= dict(zip(POINTS, (faces.landmarks[0] / size).ravel(), strict=True))
    inside = np.clip(box.reshape(2, 2), 0, size)
    file.row["inside_share"] = np.prod(inside[1] - inside[0]) / np.prod(box[2:] - box[:2])
    file.row["face_share"] = (box[3] - box[1]) / height
    file.row["probability"] = min(1.0, faces.probabilities[0])
    file.row["sharpness"] = measure_sharpness(photo, box)


def count_faces(faces: Faces) -> int:
    """Count the faces that share a photo with its first one as equals."""
    if not len(faces):
        return 0
    equal = faces.sizes[1:] >= NEXT_FACE * faces.sizes[0]
    return 1 + int(np.count_nonzero(equal & (faces.probabilities[1:] >= NEXT_PROBABILITY)))


def _measure_mask(file: DecodedFile, photo: Pixels, faces: Faces) -> None:
    region = _region(file, photo)
    if region is None:
        return
    file.row["region_share"] = region.mean()
    file.row["realism"] = measure_realism(photo, region)
    if len(faces):
        covered = measure_placement(region, faces.landmarks[0])
        file.row |= {f"{zone}_covered": share for zone, share in covered.items()}


def _region(file: DecodedFile, photo: Pixels) -> NDArray[np.bool_] | None:
    """Return where the mask is by its label image, else by the pair's difference, else None."""
    if file.partner is not None and file.partner.pixels is not None:
        file.row["pair_difference"] = pair_difference(photo, file.partner.pixels)
    if file.labels is not None and file.labels.pixels is not None:
        file.row["region_from"] = "labels"
        return resize(file.labels.pixels, *photo.shape[:2]) >= 128
    if file.partner is not None and file.partner.pixels is not None:
        file.row["region_from"] = "difference"
        return difference_transparency(file.partner.pixels, photo) >= 0.5
    return None


def _rounded(value: Any) -> Any:
    return round(float(value), DECIMALS) if isinstance(value, float | np.floating) else value
