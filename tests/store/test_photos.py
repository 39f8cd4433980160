"""A store of protected photos gives back what was put in, whole or not at all, and refuses."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from faceveil.params.errors import FaceveilError
from faceveil.store.photos import (
    COLUMNS,
    DESIGNS,
    JUDGE,
    KEY,
    LEARN,
    open_photos,
    read_rows,
    write_photos,
)

SIZE, COUNT = 6, 5


@pytest.fixture
def rows() -> pd.DataFrame:
    """Two photos of a person, each told from the next by one column of the key alone."""
    return pd.DataFrame(
        {
            "subject_id": "00007",
            "image_id": ["a", "b", "b", "b", "b"],
            "role": "test",
            "kind": "masked",
            "protocol": "same_photo",
            "protection": ["exp3", "exp3", "grey", "exp3", "exp3"],
            "variant": [0, 0, 0, 1, 1],
            "training": [0, 0, -1, 1, 1],
            "condition": "",
            "order": [-1, -1, -1, -1, 4],
            "use": [JUDGE, JUDGE, JUDGE, JUDGE, LEARN],
        }
    )


def images(count: int = COUNT, size: int = SIZE, seed: int = 0) -> torch.Tensor:
    """Photos that eight bits hold exactly."""
    pixels = np.random.default_rng(seed).integers(0, 256, (count, 3, size, size), dtype=np.uint8)
    return torch.from_numpy(pixels).float() / 255


def write(folder: Path, rows: pd.DataFrame, batch_size: int = 2, **values) -> None:
    write_photos(folder, rows, SIZE, torch.split(images(len(rows)), batch_size), **values)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_what_is_written_is_read(tmp_path, rows):
    write(tmp_path / "exp3", rows)
    found = open_photos(tmp_path / "exp3")
    pd.testing.assert_frame_equal(found.rows, rows.astype(COLUMNS))
    assert torch.equal(found.images(slice(None)), images())
    assert torch.equal(found.images(np.array([4, 1])), images()[[4, 1]])
    assert isinstance(found.pixels, np.memmap)
    assert found.pixels.shape == (COUNT, SIZE, SIZE, 3)
    assert len(found) == COUNT


def test_rows_are_read_without_the_photos(tmp_path, rows):
    write(tmp_path / "exp3", rows)
    (tmp_path / "exp3/pixels.npy").unlink()
    pd.testing.assert_frame_equal(read_rows(tmp_path / "exp3"), rows.astype(COLUMNS))


def test_photos_are_rounded_to_the_nearest_of_256_shades(tmp_path, rows):
    photos = torch.rand(COUNT, 3, SIZE, SIZE, generator=torch.Generator().manual_seed(1))
    write_photos(tmp_path / "exp3", rows, SIZE, [photos])
    found = open_photos(tmp_path / "exp3").images(slice(None))
    assert (found - photos).abs().max() <= 0.5 / 255 + 1e-6


def test_columns_that_no_store_has_are_left_out(tmp_path, rows):
    write(tmp_path / "exp3", rows.assign(row=range(COUNT), gallery="study"))
    assert read_rows(tmp_path / "exp3").columns.tolist() == list(COLUMNS)


def test_batch_size_and_a_second_run_change_no_byte(tmp_path, rows):
    written = []
    for batch_size in (1, 2, 5, 100, 2):
        write(tmp_path / "exp3", rows, batch_size, designs=images(2))
        written.append(contents(tmp_path / "exp3"))
    assert all(one == written[0] for one in written)


def test_pixels_are_a_file_as_numpy_writes_it(tmp_path, rows):
    write(tmp_path / "exp3", rows)
    expected = images().mul(255).round().permute(0, 2, 3, 1).numpy().astype(np.uint8)
    np.save(tmp_path / "expected.npy", np.ascontiguousarray(expected))
    found = (tmp_path / "exp3/pixels.npy").read_bytes()
    assert found == (tmp_path / "expected.npy").read_bytes()


@pytest.mark.parametrize("count", [1, 3])
def test_designs_lie_beside_the_photos(tmp_path, rows, count):
    write(tmp_path / "exp3", rows, designs=images(count, size=8, seed=2))
    found = np.load(tmp_path / "exp3" / DESIGNS)
    expected = images(count, size=8, seed=2).mul(255).round().permute(0, 2, 3, 1)
    np.testing.assert_array_equal(found, expected.numpy())
    assert found.dtype == np.uint8


def test_without_designs_there_is_no_file_of_them(tmp_path, rows):
    write(tmp_path / "grey", rows)
    assert sorted(contents(tmp_path / "grey")) == ["pixels.npy", "rows.parquet"]


def test_a_store_of_nobody_is_a_store(tmp_path, rows):
    write_photos(tmp_path / "grey", rows[:0], SIZE, [])
    found = open_photos(tmp_path / "grey")
    assert found.pixels.shape == (0, SIZE, SIZE, 3)
    assert found.rows.dtypes.equals(rows.astype(COLUMNS)[:0].dtypes)


@pytest.mark.parametrize("column", KEY)
def test_photos_that_one_column_of_the_key_tells_apart_are_not_double(tmp_path, rows, column):
    two = rows.iloc[[1, 1]].assign(**{column: ["0", "1"] if column != "variant" else [0, 1]})
    write(tmp_path / "exp3", two)
    assert len(open_photos(tmp_path / "exp3")) == 2


@pytest.mark.parametrize("column", [name for name in COLUMNS if name not in KEY])
def test_a_double_photo_is_refused_by_name_whatever_else_tells_it_apart(tmp_path, rows, column):
    number = COLUMNS[column] == "int64"
    two = rows.iloc[[1, 1]].assign(**{column: [0, 1] if number else ["0", "1"]})
    with pytest.raises(FaceveilError, match="photo 'b' occurs twice"):
        write(tmp_path / "exp3", two)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("found", [0, 4, 6, 7, 9])
@pytest.mark.parametrize("batch_size", [1, 2, 100])
def test_more_or_fewer_photos_than_rows_are_refused(tmp_path, rows, found, batch_size):
    batches = torch.split(images(found), batch_size) if found else ()
    with pytest.raises(FaceveilError, match=f"exp3: {found} photos for 5 rows"):
        write_photos(tmp_path / "exp3", rows, SIZE, batches)
    assert not list(tmp_path.iterdir())


def test_photos_for_no_rows_are_refused(tmp_path, rows):
    with pytest.raises(FaceveilError, match="exp3: 2 photos for 0 rows"):
        write_photos(tmp_path / "exp3", rows[:0], SIZE, [images(2)])
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("size", [1, 5, 8])
def test_photos_of_another_size_are_refused(tmp_path, rows, size):
    with pytest.raises(ValueError, match=r"photos are \(6, 6, 3\), not"):
        write_photos(tmp_path / "exp3", rows, SIZE, [images(size=size)])
    assert not list(tmp_path.iterdir())


def failing(photos: torch.Tensor):
    yield photos[:2]
    raise RuntimeError("the protection failed")


@pytest.mark.parametrize("earlier", [False, True])
def test_what_was_there_stays_where_photos_fail(tmp_path, rows, earlier):
    if earlier:
        write(tmp_path / "exp3", rows, designs=images(2))
    before = {path.name: contents(path) for path in tmp_path.iterdir()}
    with pytest.raises(RuntimeError, match="the protection failed"):
        write_photos(tmp_path / "exp3", rows, SIZE, failing(images()))
    assert {path.name: contents(path) for path in tmp_path.iterdir()} == before


def test_a_new_store_replaces_the_one_that_was_there(tmp_path, rows):
    write(tmp_path / "exp3", rows, designs=images(2))
    write(tmp_path / "exp3", rows[:2])
    assert sorted(contents(tmp_path / "exp3")) == ["pixels.npy", "rows.parquet"]
    assert len(open_photos(tmp_path / "exp3")) == 2


def test_a_missing_store_says_which_stage_makes_it(tmp_path):
    for read in (open_photos, read_rows):
        with pytest.raises(FaceveilError, match="no protected photos here; run `dvc repro prot"):
            read(tmp_path / "exp3")


def test_rows_without_photos_say_which_stage_makes_them(tmp_path, rows):
    write(tmp_path / "exp3", rows)
    (tmp_path / "exp3/pixels.npy").unlink()
    with pytest.raises(FaceveilError, match="no such array; run `dvc repro -f` with"):
        open_photos(tmp_path / "exp3")


CHANGED = {
    "lacks": lambda rows: rows.drop(columns="condition"),
    "more": lambda rows: rows.assign(split="test"),
    "order": lambda rows: rows[rows.columns[::-1]],
}


@pytest.mark.parametrize("change", CHANGED)
def test_other_columns_are_refused(tmp_path, rows, change):
    write(tmp_path / "exp3", rows)
    CHANGED[change](rows).to_parquet(tmp_path / "exp3/rows.parquet", index=False)
    for read in (open_photos, read_rows):
        with pytest.raises(FaceveilError, match="expected the columns subject_id, image_id, role"):
            read(tmp_path / "exp3")


def test_double_rows_are_refused_on_read(tmp_path, rows):
    write(tmp_path / "exp3", rows)
    rows.assign(variant=0, use=JUDGE).to_parquet(tmp_path / "exp3/rows.parquet", index=False)
    for read in (open_photos, read_rows):
        with pytest.raises(FaceveilError, match="photo 'b' occurs twice"):
            read(tmp_path / "exp3")


@pytest.mark.parametrize(
    "pixels",
    [
        np.zeros((COUNT - 1, SIZE, SIZE, 3), np.uint8),
        np.zeros((COUNT + 1, SIZE, SIZE, 3), np.uint8),
        np.zeros((COUNT, SIZE, SIZE), np.uint8),
        np.zeros((COUNT, SIZE, SIZE, 3), np.float32),
    ],
    ids=["fewer", "more", "grey", "floats"],
)
def test_pixels_that_do_not_fit_the_rows_are_refused(tmp_path, rows, pixels):
    write(tmp_path / "exp3", rows)
    np.save(tmp_path / "exp3/pixels.npy", pixels)
    with pytest.raises(FaceveilError, match="exp3: 5 rows do not fit pixels"):
        open_photos(tmp_path / "exp3")


def test_a_file_in_the_place_of_the_folder_is_refused_and_stays(tmp_path, rows):
    (tmp_path / "exp3").write_text("mine")
    with pytest.raises(FaceveilError, match="a folder is written here, but found a file"):
        write(tmp_path / "exp3", rows)
    assert (tmp_path / "exp3").read_text() == "mine"
