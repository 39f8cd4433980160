"""Embedding tables: joined by id, checked on write and on read, the same bytes each time."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from faceveil.params.errors import FaceveilError
from faceveil.store.embeddings import (
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
    return EmbeddingTable(
        subject_ids=subjects,
        image_ids=np.array([f"{row:05d}_x" for row in range(count)], dtype=np.str_),
        splits=np.array(["train", "test", "train", "test", "train"][:count], dtype=np.str_),
        features=draw.random((count, 1792), dtype=np.float32),
        embeddings=embeddings / np.linalg.norm(embeddings, axis=1, keepdims=True),
    )


def write(folder: Path, whole: EmbeddingTable, part_size: int = 2) -> None:
    """Write a table in parts, as the stage does."""
    folder.mkdir(exist_ok=True)
    for number, start in enumerate(range(0, max(len(whole), 1), part_size)):
        part = whole.take(np.arange(start, min(start + part_size, len(whole))))
        write_part(folder / part_name(number), part, RECOGNIZER, len(whole))


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def protected(count: int = 4) -> EmbeddingTable:
    """One photo under several protections, as narrow as a small recognizer makes it."""
    draw = np.random.default_rng(1)
    return EmbeddingTable(
        subject_ids=np.array(["00000"] * count),
        image_ids=np.array(["00000_x"] * count),
        splits=np.array(["test"] * count),
        features=draw.random((count, 3), dtype=np.float32),
        embeddings=draw.random((count, 2), dtype=np.float32),
        kinds=np.array(["masked"] * count),
        protections=np.array(["black", "design", "design", "design"]),
        variants=np.array([-1, 0, 0, 7]),
        conditions=np.array(["", "", "dark", ""]),
    )


@pytest.mark.parametrize("count", [0, 1, 4, 5])
def test_round_trip(tmp_path: Path, count: int):
    write(tmp_path, table(count))
    found = read_embeddings(tmp_path, RECOGNIZER)
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
    one, whole = (read_embeddings(tmp_path / name, RECOGNIZER) for name in ("one", "all"))
    assert all(np.array_equal(getattr(one, name), value) for name, value in vars(whole).items())


def test_columns_are_fixed_size_lists_of_float32(tmp_path: Path):
    write(tmp_path, table())
    schema = pq.read_schema(tmp_path / "part-00000.parquet")
    words = ["subject_id", "image_id", "kind", "split", "protection", "condition", "use"]
    assert schema.names == [*words, "variant", "feature", "embedding"]
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
        write_embeddings(tmp_path / "black", WRONG_ROWS[message](table()), RECOGNIZER)
    assert not list(tmp_path.iterdir())


def test_columns_that_are_left_out_hold_their_defaults(tmp_path: Path):
    write_embeddings(tmp_path / "bare", table(), RECOGNIZER)
    found = read_embeddings(tmp_path / "bare", RECOGNIZER)
    assert found.protections.tolist() == found.conditions.tolist() == found.kinds.tolist()
    assert set(found.protections) == {""}
    assert set(found.variants) == {-1}
    assert set(found.uses) == {"judge"}


def test_one_photo_may_be_protected_in_several_ways(tmp_path: Path):
    whole = protected()
    write_embeddings(tmp_path / "black", whole, RECOGNIZER)
    found = read_embeddings(tmp_path / "black", RECOGNIZER)
    for name, expected in vars(whole).items():
        assert np.array_equal(getattr(found, name), expected), name
    assert (found.features.shape, found.embeddings.shape) == ((4, 3), (4, 2))
    assert found.variants.dtype == np.int64
    assert len(found.of(np.array(["00000_x"]))) == 4


def test_rows_are_double_if_photo_protection_variant_and_condition_agree(tmp_path: Path):
    whole = replace(protected(), conditions=np.array([""] * 4))
    with pytest.raises(FaceveilError, match="image_id, protection, variant, condition, or one occ"):
        write_embeddings(tmp_path / "black", whole, RECOGNIZER)


def test_sorting_brings_any_order_back():
    whole = protected()
    mixed = whole.take(np.array([3, 0, 2, 1])).sorted()
    assert all(np.array_equal(getattr(mixed, name), value) for name, value in vars(whole).items())


def test_a_photo_that_is_not_there_is_named():
    with pytest.raises(FaceveilError, match=r"no embedding of photo 'b' \(1 lack\)"):
        table().of(np.array(["00000_x", "b"]))


def test_parts_of_several_widths_are_refused(tmp_path: Path):
    write(tmp_path, table(), part_size=100)
    write_part(tmp_path / part_name(1), protected(), RECOGNIZER, 9)
    with pytest.raises(FaceveilError, match="parts of several widths"):
        read_embeddings(tmp_path, RECOGNIZER)


def test_a_missing_part_is_refused_on_read(tmp_path: Path):
    write(tmp_path, table())
    (tmp_path / "part-00002.parquet").unlink()
    with pytest.raises(FaceveilError, match="4 rows are not all"):
        read_embeddings(tmp_path, RECOGNIZER)


def test_another_schema_is_refused_on_read(tmp_path: Path):
    write(tmp_path, table())
    path = tmp_path / "part-00001.parquet"
    pq.write_table(pq.read_table(path).drop_columns("split"), path)
    with pytest.raises(FaceveilError, match="another schema"):
        read_embeddings(tmp_path, RECOGNIZER)


def test_no_table_and_a_broken_table_are_one_line(tmp_path: Path):
    with pytest.raises(FaceveilError, match="no embeddings here"):
        read_embeddings(tmp_path, RECOGNIZER)
    write(tmp_path, table())
    (tmp_path / "part-00000.parquet").write_bytes(b"PAR1")
    with pytest.raises(FaceveilError, match="not readable"):
        read_embeddings(tmp_path, RECOGNIZER)
