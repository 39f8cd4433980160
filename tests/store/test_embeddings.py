"""Embedding tables: joined by id, checked on write and on read, the same bytes each time."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from faceveil.params.errors import FaceveilError
from faceveil.store.embeddings import EmbeddingTable, read_embeddings, write_embeddings

RECOGNIZER = "a" * 64


def table(count: int = 5) -> EmbeddingTable:
    """Photos of made-up people: two of the first, one of each other."""
    draw = np.random.default_rng(0)
    subjects = np.array(["00000", *(f"{n:05d}" for n in range(count - 1))][:count], dtype=np.str_)
    embeddings = draw.normal(size=(count, 512)).astype(np.float32)
    return EmbeddingTable(
        subject_ids=subjects,
        image_ids=np.array([f"{row:05d}_x" for row in range(count)], dtype=np.str_),
        splits=np.array(["train", "test", "train", "test", "train"][:count], dtype=np.str_),
        features=draw.random((count, 1792), dtype=np.float32),
        embeddings=embeddings / np.linalg.norm(embeddings, axis=1, keepdims=True),
    )


def rows(whole: EmbeddingTable, start: int, stop: int) -> EmbeddingTable:
    return EmbeddingTable(**{name: value[start:stop] for name, value in vars(whole).items()})


def write(directory: Path, whole: EmbeddingTable, part_size: int = 2) -> None:
    parts = (rows(whole, n, n + part_size) for n in range(0, max(len(whole), 1), part_size))
    write_embeddings(directory, "masked", RECOGNIZER, len(whole), parts)


def contents(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((directory / "masked").iterdir())}


@pytest.mark.parametrize("count", [0, 1, 4, 5])
def test_round_trip(tmp_path: Path, count: int):
    write(tmp_path, table(count))
    found = read_embeddings(tmp_path, "masked", RECOGNIZER)
    for name, expected in vars(table(count)).items():
        value = getattr(found, name)
        assert np.array_equal(value, expected)
        assert value.dtype.kind == expected.dtype.kind
    assert found.features.shape == (count, 1792)


def test_parts_are_named_in_order_and_written_again_are_the_same_bytes(tmp_path: Path):
    write(tmp_path, table())
    first = contents(tmp_path)
    write(tmp_path, table())
    assert list(first) == ["part-00000.parquet", "part-00001.parquet", "part-00002.parquet"]
    assert contents(tmp_path) == first


def test_part_size_does_not_change_what_is_read(tmp_path: Path):
    write(tmp_path / "one", table(), part_size=1)
    write(tmp_path / "all", table(), part_size=100)
    one, whole = (read_embeddings(tmp_path / name, "masked", RECOGNIZER) for name in ("one", "all"))
    assert all(np.array_equal(getattr(one, name), value) for name, value in vars(whole).items())


def test_columns_are_fixed_size_lists_of_float32(tmp_path: Path):
    write(tmp_path, table())
    schema = pq.read_schema(tmp_path / "masked" / "part-00000.parquet")
    assert schema.names == ["subject_id", "image_id", "kind", "split", "feature", "embedding"]
    assert str(schema.field("feature").type) == "fixed_size_list<element: float>[1792]"
    assert str(schema.field("embedding").type) == "fixed_size_list<element: float>[512]"
    assert schema.metadata[b"recognizer"] == RECOGNIZER.encode()


def test_rows_are_joined_by_id():
    whole = table()
    found = whole.rows_of(["00002", "00000", "00002"])
    assert found.tolist() == [3, 0, 3]
    assert whole.subject_ids[found].tolist() == ["00002", "00000", "00002"]
    with pytest.raises(FaceveilError, match="'99999'"):
        whole.rows_of(["00000", "99999"])


def test_another_recognizer_is_refused(tmp_path: Path):
    write(tmp_path, table())
    with pytest.raises(FaceveilError, match="made by recognizer aaaaaaaaaaaa") as problem:
        read_embeddings(tmp_path, "masked", "b" * 64)
    assert "\n" not in str(problem.value)


def nan(values: np.ndarray) -> np.ndarray:
    return np.where(np.arange(len(values))[:, None] == 1, np.nan, values).astype(np.float32)


WRONG_ROWS = {
    "sorted": lambda t: replace(t, image_ids=t.image_ids[::-1]),
    "occurs twice": lambda t: replace(t, image_ids=np.array(["a", "a", "b", "c", "d"])),
    "unknown split": lambda t: replace(t, splits=np.array(["validation"] * 5)),
    "not finite": lambda t: replace(t, features=nan(t.features)),
    "are not finite": lambda t: replace(t, embeddings=nan(t.embeddings)),
}


@pytest.mark.parametrize("message", list(WRONG_ROWS))
def test_wrong_rows_are_refused_on_write_and_nothing_is_left(tmp_path: Path, message: str):
    with pytest.raises(FaceveilError, match=message):
        write(tmp_path, WRONG_ROWS[message](table()))
    assert not list(tmp_path.iterdir())


def test_fewer_rows_than_photos_are_refused_on_write(tmp_path: Path):
    with pytest.raises(FaceveilError, match="5 embeddings of 6 photos"):
        write_embeddings(tmp_path, "masked", RECOGNIZER, 6, [table()])
    assert not list(tmp_path.iterdir())


def test_a_missing_part_is_refused_on_read(tmp_path: Path):
    write(tmp_path, table())
    (tmp_path / "masked" / "part-00002.parquet").unlink()
    with pytest.raises(FaceveilError, match="4 rows are not all"):
        read_embeddings(tmp_path, "masked", RECOGNIZER)


def test_another_kind_is_refused_on_read(tmp_path: Path):
    write(tmp_path, table())
    (tmp_path / "masked").rename(tmp_path / "unmasked")
    with pytest.raises(FaceveilError, match="another kind than unmasked"):
        read_embeddings(tmp_path, "unmasked", RECOGNIZER)


def test_another_schema_is_refused_on_read(tmp_path: Path):
    write(tmp_path, table())
    path = tmp_path / "masked" / "part-00001.parquet"
    pq.write_table(pq.read_table(path).drop_columns("split"), path)
    with pytest.raises(FaceveilError, match="another schema"):
        read_embeddings(tmp_path, "masked", RECOGNIZER)


def test_no_table_and_a_broken_table_are_one_line(tmp_path: Path):
    with pytest.raises(FaceveilError, match="no embeddings here"):
        read_embeddings(tmp_path, "masked", RECOGNIZER)
    write(tmp_path, table())
    (tmp_path / "masked" / "part-00000.parquet").write_bytes(b"PAR1")
    with pytest.raises(FaceveilError, match="not readable"):
        read_embeddings(tmp_path, "masked", RECOGNIZER)
