"""Features and embeddings of photos under a recognizer, a batch in memory at a time."""

from dataclasses import dataclass, replace
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np
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
from faceveil.runtime.shards import (
    ALONE,
    Load,
    Ranks,
    check_start,
    fingerprint_file,
    make_parts,
    put,
    scratch,
)
from faceveil.store.embeddings import (
    EmbeddingTable,
    part_name,
    write_part,
)
from faceveil.store.faces import PackedFaces, open_faces

EMBEDDED = ("unmasked", "masked", "further_unmasked", "further_masked")
"""The kinds of photos that are galleries and probes."""

LEAST_PHOTOS = 1000
"""Photos from which on further processes are worth their start."""

STORE = ("pixels.npy", "rows.parquet")
"""The files of packed photos that embeddings are made of."""


@dataclass(frozen=True)
class Source:
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


def embed_photos(
    recognizer: Recognizer,
    faces: PackedFaces,
    rows: NDArray[np.int64],
    batch_size: int,
    places: Places | None = None,
) -> EmbeddingTable:
    """Return features and embeddings of some photos, sorted as all tables are.

    One batch of photos is in memory at a time; its size changes no more than rounding does.

    Args:
        recognizer: what looks at them.
        faces: photos; of ``rows``, columns with the names of :class:`EmbeddingTable`'s in the
            singular (kind, protection, variant, condition, use) become those of the table.
        rows: which photos.
        batch_size: photos per forward pass.
        places: of all photos of ``faces``, where the recognizer needs places.

    Raises:
        FaceveilError: if the place of a face is needed and not known.
    """
    features = np.empty((len(rows), recognizer.features), np.float32)
    for start in range(0, len(rows), batch_size):
        part = rows[start : start + batch_size]
        where = None if places is None else places[part]
        features[start : start + len(part)] = recognizer.see(faces.images(part), where)
    texts = ("subject_id", "image_id", "split", "kind", "protection", "condition", "use")
    types = dict.fromkeys(texts, np.str_) | {"variant": np.int64}
    columns = {
        f"{name}s": faces.rows[name].to_numpy(dtype=kind)[rows]
        for name, kind in types.items()
        if name in faces.rows
    }
    embeddings = recognizer.templates(features).astype(np.float32)
    return EmbeddingTable(**columns, features=features, embeddings=embeddings).sorted()


def _source(curated: Path, stored: Path, params: Embed, device: torch.device) -> Source:
    """Find and fingerprint what the parts are made of."""
    counts = tuple((kind, len(open_faces(curated, kind))) for kind in EMBEDDED)
    return Source(
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


def _shards(source: Source) -> list[Shard]:
    """List the parts of all kinds; a kind without photos has one empty part."""
    return [
        (kind, number)
        for kind, count in source.counts
        for number in range(max(1, -(-count // source.part_size)))
    ]


def _write(source: Source, shard: Shard, path: Path) -> None:
    """Write one part: rows of one kind, which all parts together hold sorted by image_id."""
    kind, number = shard
    recognizer = _loaded(source)
    faces, order, places = _opened(source, kind, recognizer.needs_places)
    rows = order[number * source.part_size : (number + 1) * source.part_size]
    table = embed_photos(recognizer, faces, rows, source.batch_size, places)
    write_part(path, table, source.recognizer, len(faces))


@lru_cache(maxsize=1)
def _loaded(source: Source) -> Recognizer:
    return open_recognizer(source.stored, torch.device(source.device))


@lru_cache(maxsize=1)
def _opened(
    source: Source, kind: str, placed: bool
) -> tuple[PackedFaces, NDArray[np.int64], Places | None]:
    """Open the photos of one kind; return them, their order by image_id, and their places."""
    faces = open_faces(source.curated, kind)
    order = np.argsort(faces.rows["image_id"].to_numpy(dtype=np.str_)).astype(np.int64)
    places = read_places(source.curated, kind) if placed else None
    return replace(faces, rows=faces.rows.assign(kind=kind)), order, places
