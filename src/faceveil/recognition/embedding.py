"""Features and embeddings of photos under a recognizer, a batch in memory at a time."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from faceveil.collection.index import INDEX
from faceveil.collection.places import Places, read_places
from faceveil.params.embed import Embed
from faceveil.recognition.recognizer import (
    Recognizer,
    open_recognizer,
    read_recognizer_card,
    recognizer_fingerprint,
)
from faceveil.runtime.atomic import atomic_directory
from faceveil.runtime.changes import refuse_changes, stamps
from faceveil.runtime.parallel import engine
from faceveil.runtime.progress import progress
from faceveil.runtime.ranks import Ranks
from faceveil.runtime.shards import (
    ALONE,
    Load,
    check_start,
    fingerprint_file,
    make_parts,
    put,
    scratch,
)
from faceveil.store.embeddings import (
    About,
    EmbeddingTable,
    part_name,
    write_embeddings,
    write_part,
)
from faceveil.store.faces import PackedFaces, open_faces
from faceveil.store.photos import LEARN, open_photos

EMBEDDED = ("unmasked", "masked", "further_unmasked", "further_masked")
"""The kinds of photos that are galleries and probes."""

LEAST_PHOTOS = 1000
"""Photos from which on further processes are worth their start."""

STORE = ("pixels.npy", "rows.parquet")
"""The files of packed photos that embeddings are made of."""

Rows = NDArray[np.int64]
Images = Callable[[Rows], torch.Tensor]


@dataclass(frozen=True)
class EmbedJob:
    """What parts are made of; a process opens it once.

    Attributes:
        curated: folder of the packed faces.
        stored: folder of the recognizer.
        recognizer: its fingerprint.
        faces: SHA-256 of the packed faces, and of the index if places are needed, by file.
        counts: photos by kind.
        device: where the recognizer runs.
        batch_size: photos per forward pass.
        part_size: rows per part.
    """

    curated: Path
    stored: Path
    recognizer: str
    faces: tuple[tuple[str, str], ...]
    counts: tuple[tuple[str, int], ...]
    device: str
    batch_size: int
    part_size: int

    def inputs(self) -> dict[str, Any]:
        """Return what decides the parts, as JSON values."""
        decisive = ("recognizer", "faces", "batch_size", "part_size")
        values = {name: getattr(self, name) for name in decisive}
        return values | {"device": torch.device(self.device).type}


Shard = tuple[str, int]
"""One part: the kind of the photos, and its number among the parts of the kind."""


def embed_curated(
    curated: Path,
    stored: Path,
    out: Path,
    params: Embed,
    device: torch.device,
    ranks: Ranks = ALONE,
) -> None:
    """Write the embedding tables of all kinds under ``out``.

    Args:
        curated: folder of the packed faces.
        stored: folder of the recognizer.
        out: folder to write, one folder per kind.
        params: batch and part size; they change no value.
        device: where the recognizer runs.
        ranks: processes that share the parts; the first one puts them together.

    Raises:
        FaceveilError: if the faces or the recognizer are missing, or change meanwhile.
    """
    check_start(out)
    files = _files(stored)
    before = stamps(curated, files)
    source = _source(curated, stored, params, device)
    shards = _shards(source)
    few = sum(count for _, count in source.counts) < LEAST_PHOTOS
    load = Load("parts embedded", len(shards) + 1 if few else 2, device, ".parquet")
    with scratch("embed", source.inputs(), ranks) as folder:
        parts = make_parts(partial(_write, source), shards, folder, load, ranks)
        if ranks.rank:
            return
        with atomic_directory(out) as new:
            for (kind, number), part in zip(shards, parts, strict=True):
                put(part, new / kind / part_name(number))
            refuse_changes(curated, before, stamps(curated, files))


def see(
    recognizer: Recognizer, images: Images, rows: Rows, places: Places | None, batch_size: int
) -> NDArray[np.float32]:
    """Return the features of some photos, float32 ``[N, F]``, in the order of ``rows``.

    One batch of photos is in memory at a time; its size changes no more than rounding does.

    Args:
        recognizer: what looks at them.
        images: from rows of a store to photos ``[B, 3, S, S]`` in [0, 1].
        rows: which photos.
        places: of the same photos, where the recognizer needs places.
        batch_size: photos per forward pass.

    Raises:
        FaceveilError: if the place of a face is needed and not known.
    """
    features = np.empty((len(rows), recognizer.feature_size), np.float32)
    starts = range(0, len(rows), batch_size)
    for start in progress(f"{recognizer.name} looks", starts, unit="batch"):
        part = slice(start, start + batch_size)
        where = None if places is None else places[part]
        features[part] = recognizer.see(images(rows[part]), where)
    return features


def see_photos(
    recognizer: Recognizer, curated: Path, kind: str, rows: Rows, batch_size: int
) -> NDArray[np.float32]:
    """Return the features of curated photos of a kind; see :func:`see`."""
    places = read_places(curated, kind)[rows] if recognizer.needs_places else None
    return see(recognizer, open_faces(curated, kind).images, rows, places, batch_size)


def table_of(
    recognizer: Recognizer, rows: pd.DataFrame, features: NDArray[np.float32]
) -> EmbeddingTable:
    """Return features with their embeddings."""
    embeddings = recognizer.templates(features).astype(np.float32)
    return EmbeddingTable(rows.reset_index(drop=True), features, embeddings)


def embed_protected(
    curated: Path, protected: Path, recognizers: Sequence[Recognizer], out: Path, batch_size: int
) -> None:
    """Write what every recognizer sees of a store of protected photos: a table each.

    Photos to learn from are there for the target alone: no other recognizer learns.

    Args:
        curated: folder of the packed faces, which says where faces are.
        protected: folder of the protected photos.
        recognizers: who looks.
        out: folder to write, whole or not at all; a folder in it for each recognizer.
        batch_size: photos per forward pass.
    """
    photos = open_photos(protected)
    with atomic_directory(out) as folder:
        for recognizer in recognizers:
            others = (photos.rows["use"] != LEARN).to_numpy()
            rows = np.flatnonzero(others | (recognizer.role == "target")).astype(np.int64)
            words = photos.rows.iloc[rows]
            places = _places(curated, words) if recognizer.needs_places else None
            features = see(recognizer, photos.images, rows, places, batch_size)
            table = table_of(recognizer, words, features)
            write_embeddings(folder / recognizer.name, table, recognizer.fingerprint)


def _places(curated: Path, rows: pd.DataFrame) -> Places:
    """Return where faces are, joined by id: a protection moves no face."""
    boxes = np.full((len(rows), 4), np.nan, np.float32)
    points = np.full((len(rows), 5, 2), np.nan, np.float32)
    kinds = rows["kind"].to_numpy(dtype=np.str_)
    for kind in sorted(set(kinds.tolist())):
        known, own = read_places(curated, kind), np.flatnonzero(kinds == kind)
        stored = open_faces(curated, kind).rows["image_id"]
        place = pd.Series(np.arange(len(stored)), index=stored)
        found = place.loc[rows["image_id"].iloc[own]].to_numpy()
        boxes[own], points[own] = known.boxes[found], known.points[found]
    return Places(boxes, points)


def _source(curated: Path, stored: Path, params: Embed, device: torch.device) -> EmbedJob:
    """Find and fingerprint what the parts are made of."""
    counts = tuple((kind, len(open_faces(curated, kind))) for kind in EMBEDDED)
    return EmbedJob(
        curated=curated,
        stored=stored,
        recognizer=recognizer_fingerprint(stored),
        faces=tuple((name, fingerprint_file(curated / name)) for name in _files(stored)),
        counts=counts,
        # Ray gives each task a GPU of its own, which is the first one there.
        device=device.type if engine() == "ray" else str(device),
        batch_size=params.batch_size,
        part_size=params.part_size,
    )


def _files(stored: Path) -> list[str]:
    """Name what the parts are made of, within the curated folder."""
    files = [f"{kind}/{name}" for kind in EMBEDDED for name in STORE]
    return files if read_recognizer_card(stored)["crop"] == "frame" else [*files, INDEX]


def _shards(source: EmbedJob) -> list[Shard]:
    """List the parts of all kinds; a kind without photos has one empty part."""
    return [
        (kind, number)
        for kind, count in source.counts
        for number in range(max(1, -(-count // source.part_size)))
    ]


def _write(source: EmbedJob, shard: Shard, path: Path) -> None:
    """Write one part: rows of one kind, which all parts together hold sorted by image_id."""
    kind, number = shard
    faces, order = _opened(source, kind)
    rows = order[number * source.part_size : (number + 1) * source.part_size]
    recognizer = _loaded(source)
    features = see_photos(recognizer, source.curated, kind, rows, source.batch_size)
    words = faces.rows[["subject_id", "image_id"]].iloc[rows].assign(kind=kind)
    write_part(path, table_of(recognizer, words, features), About(source.recognizer, len(faces)))


@lru_cache(maxsize=1)
def _loaded(source: EmbedJob) -> Recognizer:
    return open_recognizer(source.stored, torch.device(source.device))


@lru_cache(maxsize=1)
def _opened(source: EmbedJob, kind: str) -> tuple[PackedFaces, Rows]:
    """Open the photos of one kind; return them and their order by image_id."""
    faces = open_faces(source.curated, kind)
    return faces, np.argsort(faces.rows["image_id"].to_numpy(dtype=np.str_)).astype(np.int64)
