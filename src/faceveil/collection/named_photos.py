"""A collection of photos with one folder per person, and the face in each photo."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import comb
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from faceveil.collection.detection import CERTAIN, Faces, detect_faces
from faceveil.collection.images import Pixels, UnreadableImageError, read_image
from faceveil.collection.layouts import PICTURES, one_form
from faceveil.collection.places import Places
from faceveil.params.errors import FaceveilError
from faceveil.runtime.progress import progress
from faceveil.store.content import content_of
from faceveil.store.faces import as_images

RESERVE = 1.1
"""Mated pairs looked for, as a multiple of those wanted: some photos will show no face."""

LONGEST = 512
"""Longest side of a photo in pixels; larger ones are made smaller, to find faces in time."""

AT_ONCE = 64
"""Photos in memory at a time."""


@dataclass(frozen=True)
class NamedPhotos:
    """Embedded photos of people with names."""

    subject_ids: NDArray[np.str_]  # [N]
    embeddings: NDArray[np.float32]  # [N, E]
    without_face: int  # photos left out: no face was found, or they are damaged or repeated


class PhotoBatch(NamedTuple):
    """Photos of any sizes: names, float32 ``[1, 3, H, W]`` each, and the places of their faces."""

    subject_ids: list[str]
    images: list[torch.Tensor]
    places: list[Places | None]


def find_photos(folder: Path, pairs: int) -> list[Path]:
    """Return the first photos of each person, as few as make enough mated pairs."""
    if not folder.is_dir():
        raise FaceveilError(
            f"{folder}: no such folder; check is 'curated', or a folder with one folder per person"
        )
    people = [
        [path for path in sorted(person.iterdir()) if path.suffix.lower() in PICTURES]
        for person in sorted(folder.iterdir())
        if person.is_dir()
    ]
    most = max((len(photos) for photos in people), default=0)
    for each in range(2, most + 1):
        made = sum(comb(min(len(photos), each), 2) for photos in people)
        if made >= RESERVE * pairs / 2:
            most = each
            break
    return [photo for photos in people for photo in photos[:most]]


def photo_batches(paths: Sequence[Path], detects: bool) -> Iterator[PhotoBatch]:
    """Read photos and find the face in each; left out are those that have none or are repeated."""
    seen: set[str] = set()
    starts = range(0, len(paths), AT_ONCE)
    for start in progress("check", starts, unit="batch"):
        read = [
            (one_form(path.parent.name), _read(path)) for path in paths[start : start + AT_ONCE]
        ]
        photos = [(name, one) for name, one in read if one is not None and _is_new(one, seen)]
        places = _places([photo for _, photo in photos]) if detects else [None] * len(photos)
        kept = [
            (name, as_images(photo[None]), place)
            for (name, photo), place in zip(photos, places, strict=True)
            if place is not None or not detects
        ]
        yield PhotoBatch(*([row[column] for row in kept] for column in range(3)))  # type: ignore[arg-type]


def _is_new(photo: Pixels, seen: set[str]) -> bool:
    """Return whether nobody had this photo before: no pair may be of one photo."""
    content = content_of(photo)
    known = content in seen
    seen.add(content)
    return not known


def _read(path: Path) -> Pixels | None:
    try:
        return read_image(path, LONGEST)
    except UnreadableImageError:
        return None


def _places(photos: Sequence[Pixels]) -> list[Places | None]:
    found = detect_faces(photos)
    return [_place(*pair) if len(pair[0]) else None for pair in zip(found, photos, strict=True)]


def _place(faces: Faces, photo: Pixels) -> Places:
    """Return the place of the certain face nearest the middle: such collections centre theirs."""
    height, width = photo.shape[:2]
    middles = faces.boxes.reshape(-1, 2, 2).mean(axis=1)
    away = np.linalg.norm(middles - (width / 2, height / 2), axis=1)
    row = int(np.lexsort((away, faces.probabilities < CERTAIN))[0])
    box = faces.boxes[row] / (width, height, width, height)
    points = faces.landmarks[row] / (width, height)
    return Places(box[None].astype(np.float32), points[None].astype(np.float32))
