"""Protected photos between stages: packed, memory-mapped pixels, and a row of words for each.

A folder holds ``pixels.npy`` (uint8 ``[N, S, S, 3]``, RGB) and ``rows.parquet``, one row per photo
in the order of the pixels, with :data:`COLUMNS`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from faceveil.params.errors import FaceveilError, readable
from faceveil.runtime.atomic import atomic_directory
from faceveil.store.faces import as_images, open_array

COLUMNS = {
    "subject_id": "str",
    "image_id": "str",
    "role": "str",
    "kind": "str",
    "protocol": "str",
    "protection": "str",
    "variant": "int64",
    "training": "int64",
    "condition": "str",
    "order": "int64",
    "use": "str",
}
"""Columns and types. ``kind`` is that of the source photo; ``variant`` is the design's number,
``training`` the training it comes from, -1 without one; ``condition`` is the physical draw;
``order`` is the place among the photos that a recognizer learns from, -1 if it is judged."""

KEY = ["image_id", "protection", "variant", "condition", "use"]
"""What no two photos of a store have in common."""

DESIGNS = "designs.npy"
"""Name of the file of an experiment's designs, uint8 ``[V, S, S, 3]``, by variant."""

AGAIN = "run `dvc repro -f` with the stage that writes this folder, protect or protect_designs"
"""What makes damaged files anew, though nothing that they are made of has changed."""

FLAT = ""
"""The condition of photos that are worn as drawn and not taken anew."""

JUDGE, LEARN = "judge", "learn"
"""What a photo is there for: to be searched for, or for a recognizer to learn from."""


@dataclass(frozen=True)
class ProtectedPhotos:
    """Photos under one protection, or several."""

    pixels: NDArray[np.uint8]  # [N, S, S, 3], RGB, memory-mapped
    rows: pd.DataFrame  # the columns of COLUMNS, in the order of pixels

    def __len__(self) -> int:
        return len(self.rows)

    def images(self, rows: NDArray[np.int64] | slice) -> torch.Tensor:
        """Return photos as float32 ``[B, 3, S, S]`` in [0, 1], RGB."""
        return as_images(self.pixels[rows])


def write_photos(
    folder: Path,
    rows: pd.DataFrame,
    image_size: int,
    batches: Iterable[torch.Tensor],
    designs: torch.Tensor | None = None,
) -> None:
    """Write a store, whole or not at all; one batch is in memory at a time.

    Args:
        folder: to write.
        rows: the columns of :data:`COLUMNS`.
        image_size: side of the photos, in pixels.
        batches: float32 ``[B, 3, S, S]`` in [0, 1], all rows in their order.
        designs: what is worn in them, float32 ``[V, 3, S, S]`` in [0, 1], by variant; written
            beside them as :data:`DESIGNS`.

    Raises:
        FaceveilError: if two photos have the same key, or there are not as many as rows.
        ValueError: if photos have another size.
    """
    _check(folder, rows)
    with atomic_directory(folder) as temporary:
        rows[list(COLUMNS)].astype(COLUMNS).to_parquet(temporary / "rows.parquet", index=False)
        if designs is not None:
            np.save(temporary / DESIGNS, _pixels(designs), allow_pickle=False)
        shape = (len(rows), image_size, image_size, 3)
        written = _write_pixels(temporary / "pixels.npy", shape, batches)
        if written != len(rows):
            raise FaceveilError(f"{folder}: {written} photos for {len(rows)} rows")


def _write_pixels(path: Path, shape: tuple[int, ...], batches: Iterable[torch.Tensor]) -> int:
    """Write batch after batch as one array, and return how many photos.

    A full disk is an error here; a process that writes to a map would be killed.
    """
    written = 0
    with path.open("wb") as file:
        header = {"descr": "|u1", "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(file, header)
        for batch in batches:
            pixels = _pixels(batch)
            if pixels.shape[1:] != shape[1:]:
                raise ValueError(f"photos are {shape[1:]}, not {pixels.shape[1:]}")
            file.write(pixels.tobytes())
            written += len(pixels)
    return written


def _pixels(images: torch.Tensor) -> NDArray[np.uint8]:
    """Return images ``[B, 3, S, S]`` in [0, 1] as uint8 ``[B, S, S, 3]``."""
    return np.asarray(images.mul(255).round().to(torch.uint8).permute(0, 2, 3, 1))


def read_rows(folder: Path) -> pd.DataFrame:
    """Read the rows of a store, without its photos.

    Raises:
        FaceveilError: if there are none, or they are no rows of a store.
    """
    path = folder / "rows.parquet"
    if not path.is_file():
        raise FaceveilError(f"{folder}: no protected photos here; run `dvc repro protect` first")
    with readable(path, "Parquet table", AGAIN):
        rows = pd.read_parquet(path)
    if list(rows.columns) != list(COLUMNS):
        raise FaceveilError(f"{path}: expected the columns {', '.join(COLUMNS)}")
    _check(folder, rows)
    return rows


def open_photos(folder: Path) -> ProtectedPhotos:
    """Open a store, memory-mapped.

    Raises:
        FaceveilError: if it is missing, or its files do not fit together.
    """
    rows, pixels = read_rows(folder), open_array(folder / "pixels.npy", AGAIN)
    if pixels.dtype != np.uint8 or pixels.ndim != 4 or len(pixels) != len(rows):
        raise FaceveilError(f"{folder}: {len(rows)} rows do not fit pixels {pixels.shape}")
    return ProtectedPhotos(pixels, rows)


def open_designs(folder: Path) -> NDArray[np.uint8]:
    """Open the designs beside a store, uint8 ``[V, S, S, 3]``, memory-mapped.

    Raises:
        FaceveilError: if there are none.
    """
    path = folder / DESIGNS
    if not path.is_file():
        raise FaceveilError(
            f"{path}: no designs here; run `dvc repro protect_designs@{folder.name}` first"
        )
    return open_array(path, AGAIN)


def _check(folder: Path, rows: pd.DataFrame) -> None:
    double = rows.duplicated(KEY)
    if double.any():
        raise FaceveilError(f"{folder}: photo {rows['image_id'][double].iloc[0]!r} occurs twice")
