"""Embedding tables: feature and embedding of each photo under one recognizer, as Parquet in parts.

A folder holds ``part-00000.parquet``, ``part-00001.parquet`` and so on, sorted throughout by
:data:`ORDER`. Each part's metadata name the recognizer that made it and the rows of all parts, so
that neither another recognizer's table nor an incomplete one is ever taken for the right one.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from faceveil.params.errors import FaceveilError
from faceveil.runtime.atomic import atomic_directory
from faceveil.store.faces import SPLITS

WORDS = ("subject_id", "image_id", "kind", "split", "protection", "condition", "use")
NUMBERS = ("variant",)
VECTORS = ("feature", "embedding")

DEFAULTS = {"kind": "", "protection": "", "variant": -1, "condition": "", "use": "judge"}
"""What a column holds that a table was made without: a photo that nothing protects."""

ORDER = ("image_id", "protection", "variant", "condition")
"""What a table is sorted by; no two rows agree in all of it."""


def _words() -> NDArray[np.str_]:
    return np.array([], dtype=np.str_)


def _numbers() -> NDArray[np.int64]:
    return np.array([], dtype=np.int64)


@dataclass(frozen=True)
class EmbeddingTable:
    """Embeddings of photos under one recognizer, sorted by :data:`ORDER`.

    Columns that are left out hold :data:`DEFAULTS`.

    Attributes:
        subject_ids: str ``[N]``.
        image_ids: str ``[N]``.
        splits: str ``[N]``, each one of :data:`faceveil.store.faces.SPLITS`.
        features: float32 ``[N, F]``, what the recognizer saw.
        embeddings: float32 ``[N, E]``, unit length.
        kinds: str ``[N]``, which photos they are, as in :data:`faceveil.store.faces.KINDS`.
        protections: str ``[N]``, by what the photo is protected; empty for nothing.
        variants: int64 ``[N]``, number of the design or key; -1 for none.
        conditions: str ``[N]``, the physical conditions; empty for those of the photo itself.
        uses: str ``[N]``, what the photo is for: ``judge``, or to learn from.
    """

    subject_ids: NDArray[np.str_]
    image_ids: NDArray[np.str_]
    splits: NDArray[np.str_]
    features: NDArray[np.float32]
    embeddings: NDArray[np.float32]
    kinds: NDArray[np.str_] = field(default_factory=_words)
    protections: NDArray[np.str_] = field(default_factory=_words)
    variants: NDArray[np.int64] = field(default_factory=_numbers)
    conditions: NDArray[np.str_] = field(default_factory=_words)
    uses: NDArray[np.str_] = field(default_factory=_words)

    def __post_init__(self) -> None:
        for name, value in DEFAULTS.items():
            if not len(getattr(self, f"{name}s")) and len(self):
                object.__setattr__(self, f"{name}s", np.full(len(self), value))

    def __len__(self) -> int:
        return len(self.image_ids)

    def take(self, rows: NDArray[np.bool_] | NDArray[np.int64]) -> "EmbeddingTable":
        """Return some rows, sorted as the table is if ``rows`` are."""
        return EmbeddingTable(*(getattr(self, column.name)[rows] for column in fields(self)))

    def of(self, image_ids: NDArray[np.str_]) -> "EmbeddingTable":
        """Return all rows of these photos, sorted as all tables are.

        Raises:
            FaceveilError: if a photo is not here.
        """
        absent = np.setdiff1d(image_ids, self.image_ids)
        if absent.size:
            raise FaceveilError(f"no embedding of photo {str(absent[0])!r} ({absent.size} lack)")
        return self.take(np.isin(self.image_ids, image_ids))

    def sorted(self) -> "EmbeddingTable":
        """Return the same rows in the order of :data:`ORDER`."""
        return self.take(np.lexsort([getattr(self, f"{key}s") for key in reversed(ORDER)]))

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


def write_embeddings(folder: Path, table: EmbeddingTable, fingerprint: str) -> None:
    """Write one table as a folder, whole or not at all.

    Args:
        folder: where to.
        table: its rows, sorted by :data:`ORDER`.
        fingerprint: of the recognizer that made them.

    Raises:
        FaceveilError: if rows are double, out of order, of an unknown split or not finite.
    """
    with atomic_directory(folder) as new:
        write_part(new / part_name(0), table, fingerprint, len(table))


def part_name(number: int) -> str:
    """Return the file name of a part, counted from 0."""
    return f"part-{number:05d}.parquet"


def write_part(path: Path, part: EmbeddingTable, fingerprint: str, count: int) -> None:
    """Write one part of a table.

    Args:
        path: the file.
        part: its rows, sorted by :data:`ORDER`.
        fingerprint: of the recognizer that made them.
        count: rows in all parts together.

    Raises:
        FaceveilError: if rows are double, out of order, of an unknown split or not finite.
    """
    _check(path, part)
    metadata = {"recognizer": fingerprint, "rows": str(count)}
    table = _arrow(part).replace_schema_metadata(metadata)
    buffer = pa.BufferOutputStream()
    pq.write_table(table, buffer)
    # Written by Python, so that a full disk is the OSError that the stage can put in words.
    path.write_bytes(buffer.getvalue())


def read_embeddings(folder: Path, fingerprint: str) -> EmbeddingTable:
    """Read all parts of a table.

    Args:
        folder: holds the parts.
        fingerprint: of the recognizer that the reader uses.

    Raises:
        FaceveilError: if there are no parts, a part has other columns, another recognizer made
            them, or rows are missing, double, out of order or not finite.
    """
    tables = [_read_part(path, fingerprint) for path in sorted(folder.glob("part-*.parquet"))]
    if not tables:
        raise FaceveilError(f"{folder}: no embeddings here; run `dvc repro embed` first")
    if any(not table.schema.equals(tables[0].schema) for table in tables):
        raise FaceveilError(f"{folder}: parts of several widths; run `dvc repro -f embed`")
    whole = pa.concat_tables(tables)
    if any(table.schema.metadata[b"rows"] != str(len(whole)).encode() for table in tables):
        raise FaceveilError(f"{folder}: {len(whole)} rows are not all; run `dvc repro -f embed`")
    table = _table(whole)
    _check(folder, table)
    return table


def _schema(features: int, embedding: int) -> pa.Schema:
    """Return the columns of a table, in their order; vectors are lists of a fixed size."""
    sizes = dict(zip(VECTORS, (features, embedding), strict=True))
    columns = [(name, pa.string()) for name in WORDS] + [(name, pa.int64()) for name in NUMBERS]
    columns += [(name, pa.list_(pa.float32(), sizes[name])) for name in VECTORS]
    return pa.schema([pa.field(name, kind, nullable=False) for name, kind in columns])


def _read_part(path: Path, fingerprint: str) -> pa.Table:
    """Read one part and refuse other columns or another recognizer's work."""
    try:
        part = pq.read_table(path)
    except (pa.ArrowInvalid, OSError) as error:
        reason = " ".join(str(error).split())[:200]
        raise FaceveilError(f"{path}: not readable; run `dvc repro -f embed` ({reason})") from None
    if not part.schema.equals(wanted := _schema(*_widths(part.schema))):
        found, allowed = (" ".join(str(s.remove_metadata()).split()) for s in (part.schema, wanted))
        raise FaceveilError(f"{path}: another schema ({found}) than allowed ({allowed})")
    made_by = (part.schema.metadata or {}).get(b"recognizer", b"none").decode()
    if made_by != fingerprint:
        raise FaceveilError(
            f"{path}: made by recognizer {made_by[:12]}, but the one in use is {fingerprint[:12]}; "
            "run `dvc repro embed`"
        )
    return part


def _widths(schema: pa.Schema) -> list[int]:
    """Return the numbers per feature and per embedding; 1 where that is no list of a fixed size."""
    there = [schema.field(name).type for name in VECTORS if name in schema.names]
    sizes = [kind.list_size if pa.types.is_fixed_size_list(kind) else 1 for kind in there]
    return sizes if len(sizes) == len(VECTORS) else [1, 1]


def _arrow(part: EmbeddingTable) -> pa.Table:
    """Turn rows into a table of :func:`_schema`."""
    vectors = (part.features, part.embeddings)
    columns = [pa.array(getattr(part, f"{name}s").tolist(), pa.string()) for name in WORDS]
    columns += [pa.array(getattr(part, f"{name}s").tolist(), pa.int64()) for name in NUMBERS]
    columns += [pa.FixedSizeListArray.from_arrays(v.reshape(-1), v.shape[1]) for v in vectors]
    return pa.Table.from_arrays(columns, schema=_schema(*(v.shape[1] for v in vectors)))


def _table(whole: pa.Table) -> EmbeddingTable:
    """Turn a table of :func:`_schema` into rows."""
    columns: dict[str, Any] = {f"{name}s": whole[name].to_numpy() for name in NUMBERS}
    columns |= {f"{name}s": np.array(whole[name].to_pylist(), dtype=np.str_) for name in WORDS}
    columns |= {f"{name}s": _vectors(whole[name]) for name in VECTORS}
    return EmbeddingTable(**columns)


def _vectors(column: pa.ChunkedArray) -> NDArray[np.float32]:
    flat: NDArray[np.float32] = column.combine_chunks().flatten().to_numpy()
    return flat.reshape(len(column), column.type.list_size)


def _check(place: Path, table: EmbeddingTable) -> None:
    """Refuse rows that are out of order, double, of an unknown split or not finite."""
    keys = list(zip(*(getattr(table, f"{key}s").tolist() for key in ORDER), strict=True))
    if any(one >= other for one, other in pairwise(keys)):
        order = ", ".join(ORDER)
        raise FaceveilError(f"{place}: rows are not sorted by {order}, or one occurs twice")
    unknown = set(table.splits.tolist()) - set(SPLITS)
    if unknown:
        raise FaceveilError(f"{place}: unknown split {sorted(unknown)}; allowed {SPLITS}")
    if not (np.isfinite(table.features).all() and np.isfinite(table.embeddings).all()):
        raise FaceveilError(f"{place}: features or embeddings are not finite; check the recognizer")
