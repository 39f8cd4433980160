"""From chosen photos on disk to packed, memory-mapped ones; one chunk in memory at a time."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from faceveil.data.curation.looks import MASK_LABEL
from faceveil.data.faces import COLUMNS, KINDS, open_faces
from faceveil.data.images import read_alpha, read_image, read_labels, resize
from faceveil.data.parallel import map_in_order

CHUNK = 64
"""Photos that a process reads before it hands them over."""

Pixels = NDArray[np.uint8]
Paths = tuple[str, ...]


def pack_collection(root: Path, index: pd.DataFrame, directory: Path, image_size: int) -> None:
    """Write the packed faces of every kind.

    Photos that are not square are brought to a square without cropping.

    Args:
        root: folder of the collection.
        index: its index, with splits; photos without a split are left out.
        directory: folder to write ``<kind>/`` into.
        image_size: side of the packed photos, in pixels.
    """
    used = index[index["split"] != ""]
    for kind in KINDS:
        if kind != "annotated":
            rows = used[used["kind"] == kind].sort_values(["subject_id", "image_id"])
            _pack(root, rows, directory / kind, image_size)
    _pack(root, annotated_rows(index), directory / "annotated", image_size)
    for kind in KINDS:
        open_faces(directory, kind)  # what was written is what readers accept


def annotated_rows(index: pd.DataFrame) -> pd.DataFrame:
    """Return the used masked photos with a cut-out, else a label image, as ``annotation``."""
    masked = index[(index["kind"] == "masked") & (index["split"] != "")]
    given = index[index["kind"].isin(["cutout", "labels"]) & (index["verdict"] == "accompanies")]
    first = given.sort_values(["kind", "path"]).drop_duplicates("image_id")
    annotation = first.set_index("image_id")["path"]
    rows = masked.assign(annotation=masked["image_id"].map(annotation)).dropna(
        subset=["annotation"]
    )
    return rows.sort_values(["subject_id", "image_id"])


def _pack(root: Path, rows: pd.DataFrame, directory: Path, image_size: int) -> None:
    """Write photos, and their transparency where ``rows`` has an ``annotation``, as they come."""
    directory.mkdir()
    shape = (len(rows), image_size, image_size)
    stores: dict[str, tuple[int, ...]] = {"pixels": (*shape, 3)}
    paths = ["path"]
    if "annotation" in rows:
        stores["transparency"] = shape
        paths.append("annotation")
    packed = [
        np.lib.format.open_memmap(directory / f"{name}.npy", mode="w+", dtype=np.uint8, shape=size)
        for name, size in stores.items()
    ]
    start = 0
    for chunk in _read_all(root, rows[paths], image_size, directory.name):
        for store, values in zip(packed, chunk, strict=True):
            store[start : start + len(values)] = values
        start += len(chunk[0])
    for store in packed:
        store.flush()
    rows[list(COLUMNS)].to_parquet(directory / "rows.parquet", index=False)


def _read_all(
    root: Path, paths: pd.DataFrame, image_size: int, title: str
) -> Iterator[tuple[Pixels, ...]]:
    """Yield chunks of photos and, if asked for, transparencies, in the order of the rows."""
    rows: list[Paths] = list(paths.itertuples(index=False, name=None))
    chunks = [rows[start : start + CHUNK] for start in range(0, len(rows), CHUNK)]
    yield from map_in_order(partial(_read_chunk, root, image_size), chunks, title)


def _read_chunk(root: Path, size: int, chunk: list[Paths]) -> tuple[Pixels, ...]:
    """Read photos ``[B, S, S, 3]`` and transparencies ``[B, S, S]``, uint8."""
    photos = np.stack([resize(read_image(root / paths[0]), size, size) for paths in chunk])
    if len(chunk[0]) == 1:
        return (photos,)
    return photos, np.stack([_read_transparency(root / paths[1], size) for paths in chunk])


def _read_transparency(path: Path, size: int) -> Pixels:
    """Read a cut-out's alpha, or a label image's mask, as uint8 ``[S, S]``."""
    if path.stem.endswith("_gt"):
        return resize((read_labels(path) == MASK_LABEL).astype(np.uint8) * 255, size, size)
    return resize(read_alpha(path), size, size)
