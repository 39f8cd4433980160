"""The packed store gives back what was put in, by id, and refuses what does not fit."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from faceveil.params.errors import FaceveilError
from faceveil.store.faces import PackedFaces, open_faces
from tests.packed import write_faces


@pytest.fixture
def faces():
    pixels = np.random.default_rng(0).integers(0, 256, (3, 8, 8, 3), dtype=np.uint8)
    rows = pd.DataFrame(
        {
            "subject_id": ["00007", "00001", "00004"],
            "image_id": ["00007_Mask", "00001_Mask", "00004_Mask"],
            "split": ["train", "test", "train"],
        }
    )
    return PackedFaces(pixels, rows, pixels[..., 0])


def test_what_is_written_is_read(tmp_path, faces):
    write_faces(tmp_path / "masked", faces)
    again = open_faces(tmp_path, "masked")
    assert np.array_equal(again.pixels, faces.pixels)
    assert isinstance(again.pixels, np.memmap)
    assert again.rows["subject_id"].tolist() == ["00007", "00001", "00004"]
    assert np.array_equal(again.transparency, faces.transparency)


def test_images_are_floats_with_channels_first(faces):
    images = faces.images([2, 0])
    assert images.shape == (2, 3, 8, 8)
    assert images[0, 1, 4, 5].item() == pytest.approx(faces.pixels[2, 4, 5, 1] / 255)
    assert faces.transparencies([1]).shape == (1, 1, 8, 8)


def test_rows_are_joined_by_id_and_not_by_number(faces):
    """Flaw 1 of the published code: labels were file numbers, shifted by each missing file."""
    assert faces.rows_of(["00004", "00007"]).tolist() == [2, 0]


def test_a_subject_without_a_photo_is_named(faces):
    with pytest.raises(FaceveilError, match="'00002'"):
        faces.rows_of(["00001", "00002"])


def test_photos_without_annotation_have_no_transparency(faces):
    with pytest.raises(FaceveilError, match="annotated"):
        replace(faces, transparency=None).transparencies([0])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"pixels": np.zeros((2, 8, 8, 3), np.uint8)}, "3 rows need"),
        ({"pixels": np.zeros((3, 8, 8, 3), np.float32)}, "uint8"),
        ({"transparency": np.zeros((3, 4, 4), np.uint8)}, "transparency"),
        ({"rows": pd.DataFrame({"subject_id": ["a"] * 3, "split": ["train"] * 3})}, "image_id"),
        (
            {"rows": pd.DataFrame({"subject_id": "a", "image_id": "b", "split": ["train"] * 3})},
            "twice",
        ),
        (
            {"rows": pd.DataFrame({"subject_id": "a", "image_id": list("bcd"), "split": "dev"})},
            "unknown split",
        ),
    ],
)
def test_parts_that_do_not_fit_are_refused(tmp_path, faces, change, message):
    with pytest.raises(FaceveilError, match=message):
        write_faces(tmp_path / "masked", replace(faces, **change))
    assert not list(tmp_path.iterdir())


def test_a_missing_store_says_which_stage_makes_it(tmp_path):
    with pytest.raises(FaceveilError, match="dvc repro curate"):
        open_faces(tmp_path, "masked")
