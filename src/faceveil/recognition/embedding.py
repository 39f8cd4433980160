"""Trunk features and embeddings of packed photos, a batch in memory at a time."""

from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from faceveil.params.embed import Embed
from faceveil.recognition.facenet import FaceNet
from faceveil.recognition.store import load_recognizer, recognizer_fingerprint
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
    EMBEDDING,
    FEATURES,
    About,
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
        recognizer: SHA-256 of its weights.
        faces: SHA-256 of the packed faces, by file.
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
    files = [f"{kind}/{name}" for kind in EMBEDDED for name in STORE]
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


def embed_faces(
    recognizer: FaceNet, faces: PackedFaces, rows: NDArray[np.int64], batch_size: int
) -> EmbeddingTable:
    """Return trunk features and embeddings of some photos, in the order of ``rows``.

    No gradient is kept, and one batch of photos is in memory at a time.
    """
    features = np.empty((len(rows), FEATURES), np.float32)
    embeddings = np.empty((len(rows), EMBEDDING), np.float32)
    device = recognizer.head.weight.device
    with torch.inference_mode():
        for start in range(0, len(rows), batch_size):
            part = slice(start, start + batch_size)
            found = recognizer.trunk(faces.images(rows[part]).to(device))
            features[part] = found.cpu()
            embeddings[part] = recognizer.head(found).cpu()
    return EmbeddingTable(
        subject_ids=faces.rows["subject_id"].to_numpy(dtype=np.str_)[rows],
        image_ids=faces.rows["image_id"].to_numpy(dtype=np.str_)[rows],
        splits=faces.rows["split"].to_numpy(dtype=np.str_)[rows],
        features=features,
        embeddings=embeddings,
    )


def _source(curated: Path, stored: Path, params: Embed, device: torch.device) -> Source:
    """Find and fingerprint what the parts are made of."""
    counts = tuple((kind, len(open_faces(curated, kind))) for kind in EMBEDDED)
    files = [f"{kind}/{name}" for kind in EMBEDDED for name in STORE]
    return Source(
        curated=curated,
        stored=stored,
        recognizer=recognizer_fingerprint(stored),
        faces=tuple((name, fingerprint_file(curated / name)) for name in files),
        counts=counts,
        # Ray gives each task a GPU of its own, which is the first one there.
        device=device.type if engine() == "ray" else str(device),
        batch_size=params.batch_size,
        part_size=params.part_size,
    )


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
    faces, order = _opened(source, kind)
    rows = order[number * source.part_size : (number + 1) * source.part_size]
    table = embed_faces(_loaded(source), faces, rows, source.batch_size)
    write_part(path, table, About(kind, source.recognizer, len(faces)))


@lru_cache(maxsize=1)
def _loaded(source: Source) -> FaceNet:
    return load_recognizer(source.stored).to(torch.device(source.device))


@lru_cache(maxsize=1)
def _opened(source: Source, kind: str) -> tuple[PackedFaces, NDArray[np.int64]]:
    """Open the photos of one kind; return them and their order by image_id."""
    faces = open_faces(source.curated, kind)
    return faces, np.argsort(faces.rows["image_id"].to_numpy(dtype=np.str_)).astype(np.int64)
