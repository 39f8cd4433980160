"""The packed face store: one folder per kind of photo, memory-mapped pixels and their identifiers.

A folder holds ``pixels.npy`` (uint8 ``[N, S, S, 3]``, RGB), ``rows.parquet`` (one row per photo, in
the order of the pixels: ``subject_id``, ``image_id``, ``split`` and, where photos are not packed
whole, the columns :data:`faceveil.collection.crops.CROP`), for annotated photos
``transparency.npy`` (uint8 ``[N, S, S]``, 255 where the mask covers all) and, for masked photos of
which they are known, ``coordinates.npy`` (uint16 ``[N, 3, S, S]``).
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from faceveil.params.errors import FaceveilError, readable

KINDS = ("unmasked", "masked", "further_unmasked", "further_masked", "background", "annotated")
"""The kinds of packed photos; ``annotated`` are masked photos with a known transparency."""

MASKED = ("masked", "further_masked")
"""Kinds of photos of people who wear a mask."""

AGAIN = "run `dvc repro -f curate`"
"""What makes damaged files anew, though nothing that they are made of has changed."""

COLUMNS = ("subject_id", "image_id", "split")
SPLITS = ("train", "test", "spare", "background")

COORDINATES = "coordinates.npy"

Store = np.memmap[Any, np.dtype[Any]]


@dataclass(frozen=True)
class PackedFaces:
    """Photos of one kind.

    Attributes:
        pixels: uint8 ``[N, S, S, 3]``, RGB, memory-mapped.
        rows: ``subject_id``, ``image_id``, ``split`` of each photo, in the order of ``pixels``.
        transparency: uint8 ``[N, S, S]`` or None; 255 is opaque mask.
        coordinates: uint16 ``[N, 3, S, S]`` or None, memory-mapped, as
            :mod:`faceveil.store.coordinates` stores them.
    """

    pixels: NDArray[np.uint8]
    rows: pd.DataFrame
    transparency: NDArray[np.uint8] | None = None
    coordinates: NDArray[np.uint16] | None = None

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def image_size(self) -> int:
        """Height and width of the photos, in pixels."""
        return int(self.pixels.shape[1])

    def images(self, rows: Sequence[int] | NDArray[np.int64] | slice) -> torch.Tensor:
        """Return photos as float32 ``[B, 3, S, S]`` in [0, 1], RGB."""
        return as_images(self.pixels[rows])

    def transparencies(self, rows: Sequence[int] | NDArray[np.int64] | slice) -> torch.Tensor:
        """Return transparencies as float32 ``[B, 1, S, S]`` in [0, 1]."""
        if self.transparency is None:
            raise FaceveilError("these photos have no transparency; only 'annotated' ones have")
        return torch.from_numpy(self.transparency[rows].astype(np.float32) / 255)[:, None]

    def rows_of(self, subject_ids: Sequence[str]) -> NDArray[np.int64]:
        """Return the row of each subject's first photo, joined by id."""
        first = self.rows.reset_index(drop=True).drop_duplicates("subject_id")
        position = pd.Series(first.index, index=first["subject_id"])
        missing = [subject for subject in subject_ids if subject not in position.index]
        if missing:
            raise FaceveilError(f"no photo of subject {missing[0]!r} ({len(missing)} are missing)")
        return position.loc[list(subject_ids)].to_numpy(dtype=np.int64)


def as_images(pixels: NDArray[np.uint8]) -> torch.Tensor:
    """Turn uint8 ``[B, S, S, 3]`` into float32 ``[B, 3, S, S]`` in [0, 1], channels last."""
    return torch.from_numpy(np.array(pixels)).permute(0, 3, 1, 2).float().div_(255)


def open_faces(curated: Path, kind: str) -> PackedFaces:
    """Open ``curated/kind`` memory-mapped."""
    directory = curated / kind
    if not (directory / "rows.parquet").is_file():
        raise FaceveilError(f"{directory}: no packed faces here; run `dvc repro curate` first")
    alpha = directory / "transparency.npy"
    pixels = open_array(directory / "pixels.npy", AGAIN)
    transparency = open_array(alpha, AGAIN) if alpha.is_file() else None
    with readable(directory / "rows.parquet", "Parquet table", AGAIN):
        rows = pd.read_parquet(directory / "rows.parquet")
    faces = PackedFaces(pixels, rows, transparency, open_coordinates(directory / COORDINATES))
    _check(directory, faces)
    return faces


def open_coordinates(path: Path) -> NDArray[np.uint16] | None:
    """Open packed mask coordinates memory-mapped, None if there are none."""
    if not path.is_file():
        return None
    return open_array(path, AGAIN)


def open_array(path: Path, advice: str) -> NDArray[Any]:
    """Open an array memory-mapped, read-only.

    Raises:
        FaceveilError: if the file is missing or damaged; ``advice`` is what to do.
    """
    if not path.is_file():
        raise FaceveilError(f"{path}: no such array; {advice}")
    with readable(path, "NumPy array", advice):
        found: NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
    return found


def check_coordinates(path: Path, faces: PackedFaces, advice: str) -> None:
    """Refuse coordinates of other photos, naming their file and what to do."""
    if faces.coordinates is None:
        return
    count, size, *_ = faces.pixels.shape
    expected, found = (count, 3, size, size), faces.coordinates
    if found.shape != expected or found.dtype != np.uint16:
        raise FaceveilError(
            f"{path}: mask coordinates {found.dtype} {list(found.shape)} where the photos need "
            f"uint16 {list(expected)}; {advice}"
        )


def reserve(path: Path, shape: tuple[int, ...], dtype: type = np.uint8) -> Store:
    """Create a memory-mapped array whose bytes are all there."""
    # A disk that is full is an error here; a write into the map would kill the process.
    store: Store = np.lib.format.open_memmap(path, mode="w+", dtype=dtype, shape=shape)
    if hasattr(os, "posix_fallocate"):  # not on every system
        with path.open("r+b") as file:
            os.posix_fallocate(file.fileno(), 0, path.stat().st_size)
    return store


def _check(directory: Path, faces: PackedFaces) -> None:
    missing = set(COLUMNS) - set(faces.rows.columns)
    if missing:
        raise FaceveilError(f"{directory}: rows lack the columns {sorted(missing)}")
    shape, count = faces.pixels.shape, len(faces.rows)
    if faces.pixels.dtype != np.uint8 or len(shape) != 4 or shape[0] != count or shape[3] != 3:
        raise FaceveilError(f"{directory}: {count} rows need uint8 [{count}, S, S, 3], not {shape}")
    if faces.transparency is not None and faces.transparency.shape != shape[:3]:
        raise FaceveilError(f"{directory}: transparency {faces.transparency.shape} fits no {shape}")
    check_coordinates(directory / COORDINATES, faces, AGAIN)
    if faces.rows["image_id"].duplicated().any():
        raise FaceveilError(f"{directory}: an image_id occurs twice")
    unknown = set(faces.rows["split"]) - set(SPLITS)
    if unknown:
        raise FaceveilError(f"{directory}: unknown split {sorted(unknown)}; allowed {SPLITS}")
