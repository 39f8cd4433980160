"""From chosen photos on disk to packed, memory-mapped ones; one chunk in memory at a time."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from faceveil.collection.crops import CROP, Corners, cut, square_crops
from faceveil.collection.images import (
    MASK_LABEL,
    Pixels,
    UnreadableImageError,
    read_alpha,
    read_image,
    read_labels,
)
from faceveil.collection.index import BOX, packed_rows
from faceveil.collection.layouts import unmasked_id
from faceveil.params.curate import Curate
from faceveil.params.errors import FaceveilError
from faceveil.runtime.parallel import map_in_order
from faceveil.store.faces import COLUMNS, KINDS, Store, open_faces, reserve

CHUNK_BYTES = 2**24
"""Size of the photos that a process reads before it hands them over."""

LEAST_CHUNKS = 16
"""Chunks from which on further processes are worth their start."""

Paths = tuple[str, ...]


@dataclass(frozen=True)
class Chunk:
    """Consecutive rows of one packed store."""

    kind: str
    start: int
    paths: list[Paths]  # the photo and, for annotated ones, its cut-out or label image
    crops: list[Corners]  # the part of each that is packed


def pack_collection(root: Path, index: pd.DataFrame, directory: Path, params: Curate) -> None:
    """Write the packed faces of every kind.

    Whole photos that are not square are brought to a square without cropping.
    """
    image_size = params.image_size
    rows = {kind: _with_crops(packed_rows(index, kind), index, params) for kind in KINDS}
    stores = {kind: _create(directory / kind, rows[kind], image_size) for kind in KINDS}
    per_chunk = max(1, CHUNK_BYTES // (3 * image_size**2))
    chunks = [chunk for kind in KINDS for chunk in _chunks(kind, rows[kind], per_chunk)]
    read = map_in_order(partial(_read, root, image_size), chunks, "photos packed", LEAST_CHUNKS)
    for chunk, arrays in zip(chunks, read, strict=True):
        for store, values in zip(stores[chunk.kind], arrays, strict=True):
            store[chunk.start : chunk.start + len(values)] = values
    for store in (store for of_kind in stores.values() for store in of_kind):
        store.flush()
    for kind in KINDS:
        open_faces(directory, kind)  # what was written is what readers accept


def _with_crops(rows: pd.DataFrame, index: pd.DataFrame, params: Curate) -> pd.DataFrame:
    """Add which part of each photo is packed; nothing where photos are packed whole.

    A masked photo has the face box of the same photo without mask, and here also its size: theirs
    may differ by rounding, and the two parts must be one.
    """
    if params.crop == "frame":
        return rows
    boxes = rows[list(BOX)].to_numpy(dtype=np.float64)
    if np.isnan(boxes).any():
        path = rows["path"][np.isnan(boxes).any(axis=1)].iloc[0]
        raise FaceveilError(f"{path}: kept without a face to cut out; set curate.crop to frame")
    size = ["width", "height"]
    used = ~index["reasons"].str.split().map(lambda against: "duplicate" in against)
    bare = index[(index["worn_claim"] == "none") & (index["width"] > 0) & used]
    known = bare.drop_duplicates("image_id").set_index("image_id")[size]
    partners = known.reindex(rows["image_id"].map(unmasked_id)).set_index(rows.index)
    sizes = partners.fillna(rows[size]).to_numpy(dtype=np.float64)
    crops = square_crops(boxes, sizes, params.crop_margin)
    return rows.assign(**dict(zip(CROP, crops.T, strict=True)))


def _create(directory: Path, rows: pd.DataFrame, image_size: int) -> list[Store]:
    """Create an empty store; return its pixels and, if it is annotated, its transparency."""
    directory.mkdir()
    named = [name for name in (*COLUMNS, *CROP) if name in rows]
    rows[named].to_parquet(directory / "rows.parquet", index=False)
    shape = (len(rows), image_size, image_size)
    shapes: dict[str, tuple[int, ...]] = {"pixels": (*shape, 3)}
    if "annotation" in rows:
        shapes["transparency"] = shape
    return [reserve(directory / f"{name}.npy", of) for name, of in shapes.items()]


def _chunks(kind: str, rows: pd.DataFrame, per_chunk: int) -> Iterator[Chunk]:
    columns = ["path", "annotation"] if "annotation" in rows else ["path"]
    paths: list[Paths] = list(rows[columns].itertuples(index=False, name=None))
    crops: list[Corners] = [None] * len(rows)
    if CROP[0] in rows:
        crops = list(rows[list(CROP)].itertuples(index=False, name=None))
    for start in range(0, len(paths), per_chunk):
        part = slice(start, start + per_chunk)
        yield Chunk(kind, start, paths[part], crops[part])


def _read(root: Path, size: int, chunk: Chunk) -> list[Pixels]:
    """Read photos, uint8 ``[B, S, S, 3]``, and transparencies, uint8 ``[B, S, S]``."""
    readers = (read_image, _read_transparency)
    columns = zip(readers, zip(*chunk.paths, strict=True), strict=False)
    return [
        np.stack(
            [
                cut(_read_again(read, root / path), crop, size)
                for path, crop in zip(paths, chunk.crops, strict=True)
            ]
        )
        for read, paths in columns
    ]


def _read_again(read: Callable[[Path], Pixels], path: Path) -> Pixels:
    try:
        return read(path)
    except UnreadableImageError as reason:
        raise FaceveilError(
            f"{path}: was measured and can no longer be read ({reason}); let nothing change the "
            "collection while it is curated, and run again"
        ) from None


def _read_transparency(path: Path) -> Pixels:
    """Read a cut-out's alpha, or a label image's mask, as uint8 ``[H, W]``."""
    if path.stem.lower().endswith("_gt"):
        return np.where(read_labels(path) == MASK_LABEL, np.uint8(255), np.uint8(0))
    return read_alpha(path)
