"""Embedding tables: joined by id, checked on write and on read, the same bytes each time."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from faceveil.params.errors import FaceveilError
from faceveil.store.embeddings import (
    About,
    EmbeddingTable,
    part_name,
    read_embeddings,
    write_embeddings,
    write_part,
)

RECOGNIZER = "a" * 64


def table(count: int = 5) -> EmbeddingTable:
    """Photos of made-up people: two of the first, one of each other."""
    draw = np.random.default_rng(0)
    subjects = np.array(["00000", *(f"{n:05d}" for n in range(count - 1))][:count], dtype=np.str_)
    embeddings = draw.normal(size=(count, 512)).astype(np.float32)
    rows = pd.DataFrame(
        {
            "subject_id": subjects,
            "image_id": [f"{row:05d}_x" for row in range(count)],
            "kind": ["unmasked", "masked", "unmasked", "masked", "unmasked"][:count],
        },
        dtype="str",
    )
    features = draw.random((count, 1792), dtype=np.float32)
    return EmbeddingTable(rows, features, unit(embeddings))


def unit(values: np.ndarray) -> np.ndarray:
    return values / np.linalg.norm(values, axis=1, keepdims=True)


def part_of(whole: EmbeddingTable, keep: slice) -> EmbeddingTable:
    return EmbeddingTable(whole.rows[keep], whole.features[keep], whole.embeddings[keep])


def write(folder: Path, whole: EmbeddingTable, part_size: int = 2) -> None:
    """Write a table in parts, as the stage does."""
    folder.mkdir(exist_ok=True)
    for number, start in enumerate(range(0, max(len(whole), 1), part_size)):
        part = part_of(whole, slice(start, start + part_size))
        write_part(folder / part_name(number), part, About(RECOGNIZER, len(whole)))


def assert_same(found: EmbeddingTable, expected: EmbeddingTable) -> None:
    pd.testing.assert_frame_equal(found.rows, expected.rows.reset_index(drop=True))
    for name in ("features", "embeddings"):
        value = getattr(found, name)
        np.testing.assert_array_equal(value, getattr(expected, name))
        assert value.dtype == np.float32


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def protected(count: int = 4) -> EmbeddingTable:
    """One photo under several protections, as narrow as a small recognizer makes it."""
    draw = np.random.default_rng(1)
    rows = pd.DataFrame(
        {
            "subject_id": "00000",
            "image_id": "00000_x",
            "protection": ["black", "design", "design", "design"],
            "variant": [-1, 0, 0, 7],
            "condition": ["", "", "dark", ""],
            "use": ["judge", "judge", "judge", "learn"],
        }
    ).iloc[:count]
    features = draw.random((count, 3), dtype=np.float32)
    return EmbeddingTable(rows, features, draw.random((count, 2), dtype=np.float32))


@pytest.mark.parametrize("count", [0, 1, 4, 5])
def test_round_trip(tmp_path: Path, count: int):
    write(tmp_path, table(count))
    found = read_embeddings(tmp_path, RECOGNIZER)
    assert_same(found, table(count))
    assert found.features.shape == (count, 1792)


def test_words_are_columns_of_text(tmp_path: Path):
    write(tmp_path, table())
    found = read_embeddings(tmp_path, RECOGNIZER)
    assert found.subject_ids.tolist() == ["00000", "00000", "00001", "00002", "00003"]
    assert found.image_ids.tolist() == [f"0000{row}_x" for row in range(5)]
    assert {column.dtype.kind for column in (found.subject_ids, found.image_ids)} == {"U"}


def test_parts_are_named_in_order_and_written_again_are_the_same_bytes(tmp_path: Path):
    write(tmp_path, table())
    first = contents(tmp_path)
    write(tmp_path, table())
    assert list(first) == ["part-00000.parquet", "part-00001.parquet", "part-00002.parquet"]
    assert contents(tmp_path) == first


def test_part_size_does_not_change_what_is_read(tmp_path: Path):
    write(tmp_path / "one", table(), part_size=1)
    write(tmp_path / "all", table(), part_size=100)
    one, whole = (read_embeddings(tmp_path / name, RECOGNIZER) for name in ("one", "all"))
    assert_same(one, whole)


def test_columns_are_fixed_size_lists_of_float32(tmp_path: Path):
    write(tmp_path, table())
    schema = pq.read_schema(tmp_path / "part-00000.parquet")
    assert schema.names == ["subject_id", "image_id", "kind", "feature", "embedding"]
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
        read_embeddings(tmp_path, "b" * 64)
    assert "\n" not in str(problem.value)


def nan(values: np.ndarray) -> np.ndarray:
    return np.where(np.arange(len(values))[:, None] == 1, np.nan, values).astype(np.float32)


def doubled(table: EmbeddingTable) -> EmbeddingTable:
    return replace(table, rows=table.rows.assign(image_id=["a", "a", "b", "c", "d"]))


WRONG = {
    "photo 'a' occurs twice": doubled,
    "features or embeddings are not finite": lambda t: replace(t, features=nan(t.features)),
    "embeddings are not finite": lambda t: replace(t, embeddings=nan(t.embeddings)),
}


@pytest.mark.parametrize("message", WRONG)
def test_wrong_rows_are_refused_on_write_and_nothing_is_left(tmp_path: Path, message: str):
    with pytest.raises(FaceveilError, match=message):
        write_embeddings(tmp_path / "black", WRONG[message](table()), RECOGNIZER)
    assert not list(tmp_path.iterdir())


def test_what_was_there_stays_when_a_write_is_refused(tmp_path: Path):
    write_embeddings(tmp_path / "black", table(4), RECOGNIZER)
    before = contents(tmp_path / "black")
    with pytest.raises(FaceveilError):
        write_embeddings(tmp_path / "black", doubled(table()), RECOGNIZER)
    assert contents(tmp_path / "black") == before


def test_a_photo_that_lies_in_two_parts_is_refused_on_read(tmp_path: Path):
    for number in range(2):
        write_part(tmp_path / part_name(number), table(2), About(RECOGNIZER, 4))
    with pytest.raises(FaceveilError, match="photo '00000_x' occurs twice"):
        read_embeddings(tmp_path, RECOGNIZER)


def test_one_photo_may_be_protected_in_several_ways(tmp_path: Path):
    write_embeddings(tmp_path / "black", protected(), RECOGNIZER)
    found = read_embeddings(tmp_path / "black", RECOGNIZER)
    assert_same(found, protected())
    assert found.rows["variant"].dtype == np.int64


@pytest.mark.parametrize("column", ["condition", "variant"])
def test_rows_are_double_if_all_that_told_them_apart_agrees(tmp_path: Path, column: str):
    rows = protected().rows.assign(use="judge")
    write_embeddings(tmp_path / "black", replace(protected(), rows=rows), RECOGNIZER)
    alike = rows.assign(**{column: rows[column].iloc[1]})
    with pytest.raises(FaceveilError, match="photo '00000_x' occurs twice"):
        write_embeddings(tmp_path / "black", replace(protected(), rows=alike), RECOGNIZER)


@pytest.mark.parametrize("other", [protected(), table(2)], ids=["words", "widths"])
def test_parts_that_differ_in_their_columns_are_refused(tmp_path: Path, other: EmbeddingTable):
    write(tmp_path, table(), part_size=100)
    narrow = replace(other, features=other.features[:, :2])
    write_part(tmp_path / part_name(1), narrow, About(RECOGNIZER, 9))
    with pytest.raises(FaceveilError, match="parts differ in their columns"):
        read_embeddings(tmp_path, RECOGNIZER)


def test_a_missing_part_is_refused_on_read(tmp_path: Path):
    write(tmp_path, table())
    (tmp_path / "part-00002.parquet").unlink()
    with pytest.raises(FaceveilError, match="4 rows are not all"):
        read_embeddings(tmp_path, RECOGNIZER)


@pytest.mark.parametrize("column", ["subject_id", "image_id", "feature", "embedding"])
def test_a_part_without_a_column_is_refused_on_read(tmp_path: Path, column: str):
    write(tmp_path, table())
    path = tmp_path / "part-00001.parquet"
    pq.write_table(pq.read_table(path).drop_columns(column), path)
    with pytest.raises(FaceveilError, match=f"lacks column '{column}'"):
        read_embeddings(tmp_path, RECOGNIZER)


def test_no_table_and_a_broken_table_are_one_line(tmp_path: Path):
    with pytest.raises(FaceveilError, match="no embeddings here"):
        read_embeddings(tmp_path, RECOGNIZER)
    write(tmp_path, table())
    (tmp_path / "part-00000.parquet").write_bytes(b"PAR1")
    with pytest.raises(FaceveilError, match="no Parquet table"):
        read_embeddings(tmp_path, RECOGNIZER)
