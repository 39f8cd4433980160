"""What recognizers see of protected photos: each photo passes each trunk once."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from tqdm import tqdm

from faceveil.collection.places import Places, read_places
from faceveil.recognition.recognizer import Recognizer, open_recognizer
from faceveil.runtime.atomic import atomic_directory
from faceveil.store.embeddings import EmbeddingTable, write_embeddings
from faceveil.store.faces import open_faces
from faceveil.store.photos import JUDGE, ProtectedPhotos, open_photos


def embed_protected(
    curated: Path,
    protected: Path,
    recognizers: Sequence[Path],
    out: Path,
    batch_size: int,
    device: torch.device,
) -> None:
    """Write what every recognizer sees of a store: a table each, in a folder of its name.

    Photos to learn from are there for the target alone: no other recognizer learns.

    Args:
        curated: folder of the packed faces, which says where faces are.
        protected: folder of the protected photos.
        recognizers: their folders.
        out: folder to write, whole or not at all.
        batch_size: photos per forward pass.
        device: where recognizers run.
    """
    photos = open_photos(protected)
    with atomic_directory(out) as folder:
        for path in recognizers:
            recognizer = open_recognizer(path, device)
            keep = photos.rows["use"] == JUDGE
            if recognizer.role == "target":
                keep |= True
            rows = np.flatnonzero(keep).astype(np.int64)
            places = _places(curated, photos.rows.iloc[rows]) if recognizer.needs_places else None
            features = _features(recognizer, photos, rows, places, batch_size)
            table = EmbeddingTable.of_rows(photos.rows.iloc[rows], features)
            write_embeddings(folder / path.name, table, recognizer.fingerprint)


def _features(
    recognizer: Recognizer,
    photos: ProtectedPhotos,
    rows: NDArray[np.int64],
    places: Places | None,
    batch_size: int,
) -> NDArray[np.float32]:
    features = np.empty((len(rows), recognizer.features), np.float32)
    starts = range(0, len(rows), batch_size)
    for start in tqdm(starts, f"embed {recognizer.name}", unit="batch", disable=None):
        part = slice(start, start + batch_size)
        seen = recognizer.see(photos.images(rows[part]), None if places is None else places[part])
        features[part] = seen.numpy()
    return features


def _places(curated: Path, rows: pd.DataFrame) -> Places:
    """Return where faces are, joined by id: a protection moves no face."""
    boxes = np.full((len(rows), 4), np.nan, np.float32)
    points = np.full((len(rows), 5, 2), np.nan, np.float32)
    kinds = rows["kind"].to_numpy(dtype=np.str_)
    for kind in sorted(set(kinds)):
        known, own = read_places(curated, str(kind)), np.flatnonzero(kinds == kind)
        stored = open_faces(curated, str(kind)).rows["image_id"]
        place = pd.Series(np.arange(len(stored)), index=stored)
        found = place.loc[rows["image_id"].iloc[own]].to_numpy()
        boxes[own], points[own] = known.boxes[found], known.points[found]
    return Places(boxes, points)
