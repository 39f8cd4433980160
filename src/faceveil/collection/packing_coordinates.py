"""Mask coordinates from disk, cut and resized as their photos were, packed beside them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from faceveil.collection.crops import CROP, Corners, cut
from faceveil.collection.images import UnreadableImageError, read_stacked, same_shape
from faceveil.collection.index import packed_rows
from faceveil.collection.layouts import Entry
from faceveil.params.errors import FaceveilError
from faceveil.runtime.parallel import map_in_order
from faceveil.store.coordinates import as_coordinates, as_stored
from faceveil.store.faces import COORDINATES, MASKED, open_faces, reserve

CHUNK = 256
"""Photos whose coordinates a process reads before it hands them over."""

LEAST_CHUNKS = 8
"""Chunks from which on further processes are worth their start."""

Stored = NDArray[np.uint16]


@dataclass(frozen=True)
class StackedFile:
    """The coordinates of one photo on disk.

    Attributes:
        path: the file.
        sides: width and height of the photo, in pixels.
        crop: the part of it that is packed.
    """

    path: Path
    sides: tuple[int, int]
    crop: Corners


def pack_coordinates(
    root: Path, entries: Sequence[Entry], index: pd.DataFrame, directory: Path
) -> None:
    """Write ``coordinates.npy`` beside the packed photos of each masked kind that has them.

    A kind has coordinates of all photos or of none.

    Args:
        root: the collection.
        entries: all its files.
        index: the index with splits.
        directory: where the photos have been packed.
    """
    ids = {entry.path: entry.image_id for entry in entries}
    told = {e.image_id: e.path for e in reversed(entries) if e.kind == "coordinates"}
    for kind in MASKED:
        photos = packed_rows(index, kind)
        paths = [told.get(ids[path]) for path in photos["path"]]
        if any(paths):
            _refuse_gaps(root, photos["path"].tolist(), paths)
            _pack(list(_files(root, photos, paths, directory / kind)), directory / kind)


def _refuse_gaps(root: Path, photos: Sequence[str], paths: Sequence[str | None]) -> None:
    without = [photo for photo, path in zip(photos, paths, strict=True) if path is None]
    if without:
        raise FaceveilError(
            f"{root / without[0]}: a masked photo without mask coordinates ({len(without)} of "
            f"{len(photos)}), where others have them; add them to the folder coordinates, or "
            "remove that folder"
        )


def _files(
    root: Path, photos: pd.DataFrame, paths: Sequence[str | None], directory: Path
) -> Iterator[StackedFile]:
    """Yield what is read, in the order of the packed photos."""
    packed = open_faces(directory.parent, directory.name)
    crops: list[Corners] = [None] * len(photos)
    if CROP[0] in packed.rows:
        crops = list(packed.rows[list(CROP)].itertuples(index=False, name=None))
    sides = photos[["width", "height"]].itertuples(index=False, name=None)
    for path, of_photo, crop in zip(paths, sides, crops, strict=True):
        yield StackedFile(root / str(path), of_photo, crop)


def _pack(files: Sequence[StackedFile], directory: Path) -> None:
    size = open_faces(directory.parent, directory.name).image_size
    store = reserve(directory / COORDINATES, (len(files), 3, size, size), np.uint16)
    chunks = [files[start : start + CHUNK] for start in range(0, len(files), CHUNK)]
    read = map_in_order(partial(_read, size), chunks, "coordinates packed", LEAST_CHUNKS)
    for number, values in enumerate(read):
        store[number * CHUNK : number * CHUNK + len(values)] = values
    store.flush()
    open_faces(directory.parent, directory.name)  # what was written is what readers accept


def _read(size: int, files: Sequence[StackedFile]) -> Stored:
    """Read coordinates, uint16 ``[B, 3, S, S]``."""
    return np.stack([_one(file, size) for file in files])


def _one(file: StackedFile, size: int) -> Stored:
    try:
        stored = read_stacked(file.path)
        if not same_shape(stored.shape[:0:-1], file.sides):
            raise UnreadableImageError("other_shape")
    except UnreadableImageError as reason:
        raise FaceveilError(
            f"{file.path}: no mask coordinates of a photo of {file.sides[0]}x{file.sides[1]} "
            f"pixels ({reason}); allowed is a PNG of 16 bits of grey, u, v and shading below one "
            "another, as the stages synthesize and put_on_masks write; run them again, or remove "
            "the folder coordinates"
        ) from None
    planes = as_coordinates(stored)
    return as_stored(np.stack([cut(plane, file.crop, size) for plane in planes]))
