"""Embedding tables: what a recognizer saw of each photo, and its embedding, as Parquet in parts.

A folder holds ``part-00000.parquet``, ``part-00001.parquet`` and so on. Each part's metadata name
the recognizer that made it and the rows of the whole table, so that neither another recognizer's
table nor an incomplete one is ever taken for the right one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from faceveil.params.errors import FaceveilError, readable, run_again
from faceveil.runtime.atomic import atomic_directory

AGAIN = "dvc repro -f"
"""What makes a damaged table anew, though nothing that it is made of has changed."""

VECTORS = ("feature", "embedding")
"""Columns of numbers; all others are words about the photo."""

KEY = ("image_id", "protection", "variant", "condition", "use")
"""What no two rows have in common, as far as a table has these columns."""


@dataclass(frozen=True)
class EmbeddingTable:
    """What one recognizer saw.

    Attributes:
        rows: words of each photo: ``subject_id``, ``image_id`` and others, no two photos alike.
        features: float32 ``[N, F]``, the trunk's output.
        embeddings: float32 ``[N, E]``, unit length.
    """

    rows: pd.DataFrame
    features: NDArray[np.float32]
    embeddings: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def subject_ids(self) -> NDArray[np.str_]:
        """Whose photo each is, str ``[N]``."""
        return self.rows["subject_id"].to_numpy(dtype=np.str_)

    @property
    def image_ids(self) -> NDArray[np.str_]:
        """Which photo each is of, str ``[N]``."""
        return self.rows["image_id"].to_numpy(dtype=np.str_)

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
        return np.asarray(first[np.searchsorted(known, wanted)], dtype=np.int64)


@dataclass(frozen=True)
class About:
    """What every part of a table says."""

    fingerprint: str  # SHA-256 of the recognizer that made it
    count: int  # photos in all parts together


def write_embeddings(folder: Path, table: EmbeddingTable, fingerprint: str) -> None:
    """Write a table of one part, whole or not at all; the fingerprint is its recognizer's."""
    with atomic_directory(folder) as temporary:
        write_part(temporary / part_name(0), table, About(fingerprint, len(table)))


def part_name(number: int) -> str:
    """Return the file name of a part, counted from 0."""
    return f"part-{number:05d}.parquet"


def write_part(path: Path, part: EmbeddingTable, about: About) -> None:
    """Write one part of a table.

    Raises:
        FaceveilError: if rows are double or numbers not finite.
    """
    _check(path, part)
    words = pa.Table.from_pandas(part.rows, preserve_index=False)
    for name, values in zip(VECTORS, (part.features, part.embeddings), strict=True):
        column = pa.FixedSizeListArray.from_arrays(values.reshape(-1), values.shape[1])
        words = words.append_column(name, column)
    metadata = {"recognizer": about.fingerprint, "rows": str(about.count)}
    buffer = pa.BufferOutputStream()
    pq.write_table(words.replace_schema_metadata(metadata), buffer)
    # Written by Python, so that a full disk is the OSError that the stage can put in words.
    path.write_bytes(buffer.getvalue())


def read_embeddings(folder: Path, fingerprint: str) -> EmbeddingTable:
    """Read all parts of a table; the fingerprint is that of the recognizer that the reader uses.

    Raises:
        FaceveilError: if there are no parts, parts differ in their columns, another recognizer made
            them, or rows are missing, double or not finite.
    """
    parts = [_read_part(path, fingerprint) for path in sorted(folder.glob("part-*.parquet"))]
    if not parts:
        raise FaceveilError(f"{folder}: no embeddings here; {run_again(folder)}")
    if len({part.schema.remove_metadata() for part in parts}) > 1:
        raise FaceveilError(f"{folder}: parts differ in their columns; {run_again(folder, AGAIN)}")
    whole = pa.concat_tables(parts)
    if any(part.schema.metadata[b"rows"] != str(len(whole)).encode() for part in parts):
        raise FaceveilError(f"{folder}: {len(whole)} rows are not all; {run_again(folder, AGAIN)}")
    rows: pd.DataFrame = whole.drop_columns(list(VECTORS)).to_pandas()
    table = EmbeddingTable(rows, *(_numbers(whole[name]) for name in VECTORS))
    _check(folder, table)
    return table


def _read_part(path: Path, fingerprint: str) -> pa.Table:
    """Read one part and refuse other columns or another recognizer's work."""
    with readable(path, "Parquet table", run_again(path, AGAIN)):
        part = pq.read_table(path)
    if missing := {"subject_id", "image_id", *VECTORS} - set(part.schema.names):
        raise FaceveilError(f"{path}: lacks column {min(missing)!r}; {run_again(path, AGAIN)}")
    found = (part.schema.metadata or {}).get(b"recognizer", b"none").decode()
    if found != fingerprint:
        raise FaceveilError(
            f"{path}: made by recognizer {found[:12]}, but the one in use is {fingerprint[:12]}; "
            f"{run_again(path)}"
        )
    return part


def _numbers(column: pa.ChunkedArray) -> NDArray[np.float32]:
    flat: NDArray[np.float32] = column.combine_chunks().flatten().to_numpy()
    return flat.reshape(len(column), column.type.list_size)


def _check(place: Path, table: EmbeddingTable) -> None:
    """Refuse rows that are double or not finite."""
    double = table.rows.duplicated([name for name in KEY if name in table.rows])
    if double.any():
        raise FaceveilError(f"{place}: photo {str(table.image_ids[double][0])!r} occurs twice")
    if not (np.isfinite(table.features).all() and np.isfinite(table.embeddings).all()):
        raise FaceveilError(f"{place}: features or embeddings are not finite; check the recognizer")
