"""The embedding tables: trunk feature and embedding of each photo, as Parquet in parts.

A folder per kind holds ``part-00000.parquet``, ``part-00001.parquet`` and so on, sorted by image_id
throughout. Each part's metadata name the recognizer that made it and the rows of the whole kind, so
that neither another recognizer's table nor an incomplete one is ever taken for the right one.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from faceveil.params.errors import FaceveilError
from faceveil.runtime.atomic import atomic_directory
from faceveil.store.faces import SPLITS

FEATURES, EMBEDDING = 1792, 512
"""Numbers of a trunk feature and of an embedding."""

SCHEMA = pa.schema(
    [
        pa.field("subject_id", pa.string(), nullable=False),
        pa.field("image_id", pa.string(), nullable=False),
        pa.field("kind", pa.string(), nullable=False),
        pa.field("split", pa.string(), nullable=False),
        pa.field("feature", pa.list_(pa.float32(), FEATURES), nullable=False),
        pa.field("embedding", pa.list_(pa.float32(), EMBEDDING), nullable=False),
    ]
)
"""Every table on disk has these columns, in this order; checked on write and on read."""


@dataclass(frozen=True)
class EmbeddingTable:
    """Embeddings of photos of one kind, sorted by ``image_ids``.

    Attributes:
        subject_ids: str ``[N]``.
        image_ids: str ``[N]``, no two alike.
        splits: str ``[N]``, each one of :data:`faceveil.store.faces.SPLITS`.
        features: float32 ``[N, 1792]``, the trunk's output.
        embeddings: float32 ``[N, 512]``, unit length.
    """

    subject_ids: NDArray[np.str_]
    image_ids: NDArray[np.str_]
    splits: NDArray[np.str_]
    features: NDArray[np.float32]
    embeddings: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.image_ids)

    def of(self, image_ids: NDArray[np.str_]) -> "EmbeddingTable":
        """Return the rows of these photos, sorted as all tables are.

        Raises:
            FaceveilError: if a photo is not here.
        """
        keep = np.isin(self.image_ids, image_ids)
        if keep.sum() != len(image_ids):
            absent = np.setdiff1d(image_ids, self.image_ids)
            raise FaceveilError(f"no embedding of photo {str(absent[0])!r} ({len(absent)} lack)")
        return EmbeddingTable(*(getattr(self, field.name)[keep] for field in fields(self)))

    def rows_of(self, subject_ids: Sequence[str] | NDArray[np.str_]) -> NDArray[np.int64]:
        """Return the row of each subject's first photo, joined by id.

        Raises:
            FaceveilError: if a subject has no photo here.
        """
        known, first = np.unique(self.subject_ids, return_index=True)
        wanted = np.asarray(subject_ids, dtype=np.str_)
        absent = wanted[~np.isin(wanted, known)]
        if absent.size:
            raise FaceveilError(f"no embedding of subject {str(absent[0])!r} ({absent.size} lack)")
        rows: NDArray[np.int64] = first[np.searchsorted(known, wanted)].astype(np.int64)
        return rows


@dataclass(frozen=True)
class About:
    """What every part of a kind's table says.

    Attributes:
        kind: of the photos.
        fingerprint: SHA-256 of the recognizer that made the embeddings.
        count: photos in all parts together.
    """

    kind: str
    fingerprint: str
    count: int


def write_embeddings(
    directory: Path, kind: str, fingerprint: str, count: int, parts: Iterable[EmbeddingTable]
) -> None:
    """Write one kind of photos under ``directory``, whole or not at all.

    Args:
        directory: the folder of all kinds.
        kind: which photos they are; names the folder of the parts.
        fingerprint: SHA-256 of the recognizer that made them.
        count: photos in all parts together.
        parts: tables whose rows, one part after the other, are sorted by image_id; each may be
            made when it is asked for, so that one part at a time is in memory.

    Raises:
        FaceveilError: if rows are missing, double, out of order or not finite.
    """
    place, written, last = directory / kind, 0, ""
    about = About(kind, fingerprint, count)
    with atomic_directory(place) as folder:
        for number, part in enumerate(parts):
            write_part(folder / part_name(number), part, about, after=last)
            written, last = written + len(part), str(part.image_ids[-1]) if len(part) else last
        if written != count:
            raise FaceveilError(f"{place}: {written} embeddings of {count} photos")


def part_name(number: int) -> str:
    """Return the file name of a part, counted from 0."""
    return f"part-{number:05d}.parquet"


def write_part(path: Path, part: EmbeddingTable, about: About, *, after: str = "") -> None:
    """Write one part of a kind's table.

    Args:
        path: the file.
        part: its rows, sorted by image_id.
        about: what all parts of the kind say.
        after: the last image_id of the part before.

    Raises:
        FaceveilError: if rows are double, out of order or not finite.
    """
    _check(path, part, after=after)
    metadata = {"recognizer": about.fingerprint, "rows": str(about.count)}
    table = _arrow(part, about.kind).replace_schema_metadata(metadata)
    buffer = pa.BufferOutputStream()
    pq.write_table(table, buffer)
    # Written by Python, so that a full disk is the OSError that the stage can put in words.
    path.write_bytes(buffer.getvalue())


def read_embeddings(directory: Path, kind: str, fingerprint: str) -> EmbeddingTable:
    """Read all parts of one kind of photos.

    Args:
        directory: the folder of all kinds.
        kind: which photos to read.
        fingerprint: SHA-256 of the recognizer that the reader uses.

    Raises:
        FaceveilError: if there are no parts, a part has another schema, another recognizer made
            them, or rows are missing, double, out of order or not finite.
    """
    place = directory / kind
    tables = [_read_part(path, fingerprint) for path in sorted(place.glob("part-*.parquet"))]
    if not tables:
        raise FaceveilError(f"{place}: no embeddings here; run `dvc repro embed` first")
    whole = pa.concat_tables(tables)
    if any(table.schema.metadata[b"rows"] != str(len(whole)).encode() for table in tables):
        raise FaceveilError(f"{place}: {len(whole)} rows are not all; run `dvc repro -f embed`")
    if set(whole["kind"].unique().to_pylist()) - {kind}:
        raise FaceveilError(f"{place}: rows of another kind than {kind}; run `dvc repro -f embed`")
    table = _table(whole)
    _check(place, table)
    return table


def _read_part(path: Path, fingerprint: str) -> pa.Table:
    """Read one part and refuse another schema or another recognizer's work."""
    try:
        part = pq.read_table(path)
    except (pa.ArrowInvalid, OSError) as error:
        reason = " ".join(str(error).split())[:200]
        raise FaceveilError(f"{path}: not readable; run `dvc repro -f embed` ({reason})") from None
    if not part.schema.equals(SCHEMA):
        found, wanted = (" ".join(str(s.remove_metadata()).split()) for s in (part.schema, SCHEMA))
        raise FaceveilError(f"{path}: another schema ({found}) than allowed ({wanted})")
    found = (part.schema.metadata or {}).get(b"recognizer", b"none").decode()
    if found != fingerprint:
        raise FaceveilError(
            f"{path}: made by recognizer {found[:12]}, but the one in use is {fingerprint[:12]}; "
            "run `dvc repro embed`"
        )
    return part


def _arrow(part: EmbeddingTable, kind: str) -> pa.Table:
    """Turn rows into a table of :data:`SCHEMA`."""
    columns = [
        pa.array(part.subject_ids.tolist(), pa.string()),
        pa.array(part.image_ids.tolist(), pa.string()),
        pa.array([kind] * len(part), pa.string()),
        pa.array(part.splits.tolist(), pa.string()),
        pa.FixedSizeListArray.from_arrays(part.features.reshape(-1), FEATURES),
        pa.FixedSizeListArray.from_arrays(part.embeddings.reshape(-1), EMBEDDING),
    ]
    return pa.Table.from_arrays(columns, schema=SCHEMA)


def _table(whole: pa.Table) -> EmbeddingTable:
    """Turn a table of :data:`SCHEMA` into rows."""
    return EmbeddingTable(
        subject_ids=_words(whole["subject_id"]),
        image_ids=_words(whole["image_id"]),
        splits=_words(whole["split"]),
        features=_vectors(whole["feature"], FEATURES),
        embeddings=_vectors(whole["embedding"], EMBEDDING),
    )


def _words(column: pa.ChunkedArray) -> NDArray[np.str_]:
    return np.array(column.to_pylist(), dtype=np.str_)


def _vectors(column: pa.ChunkedArray, size: int) -> NDArray[np.float32]:
    flat: NDArray[np.float32] = column.combine_chunks().flatten().to_numpy()
    return flat.reshape(len(column), size)


def _check(place: Path, table: EmbeddingTable, *, after: str = "") -> None:
    """Refuse rows that are out of order, double, of an unknown split or not finite."""
    order = np.concatenate([[after], table.image_ids])
    if not (order[1:] > order[:-1]).all():
        raise FaceveilError(f"{place}: rows are not sorted by image_id, or one occurs twice")
    unknown = set(table.splits.tolist()) - set(SPLITS)
    if unknown:
        raise FaceveilError(f"{place}: unknown split {sorted(unknown)}; allowed {SPLITS}")
    if not (np.isfinite(table.features).all() and np.isfinite(table.embeddings).all()):
        raise FaceveilError(f"{place}: features or embeddings are not finite; check the recognizer")
