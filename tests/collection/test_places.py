"""The places of faces come from the index, row by row as the photos are packed."""

import numpy as np
import pandas as pd
import pytest

from faceveil.collection.crops import CROP
from faceveil.collection.index import INDEX, read_index, write_index
from faceveil.collection.places import read_places
from faceveil.params.errors import FaceveilError
from tests.recognition.curated_world import write_curated
from tests.recognition.placed_world import PLACE, write_places


@pytest.fixture
def curated(tmp_path):
    write_curated(tmp_path)
    write_places(tmp_path, without=("00002",))
    return tmp_path


def test_row_i_is_the_place_of_packed_photo_i(curated):
    places = read_places(curated, "unmasked")
    assert places.boxes.shape == (6, 4)
    assert places.points.shape == (6, 5, 2)
    assert places.boxes.dtype == places.points.dtype == np.float32
    assert places.found.tolist() == [True, True, False, True, True, True]
    assert places.boxes[0] == pytest.approx([0.2, 0.1, 0.8, 0.9])
    assert places.points[0, 2] == pytest.approx([PLACE["nose_x"], PLACE["nose_y"]])


def test_the_order_of_the_index_does_not_matter(curated):
    index = read_index(curated / INDEX)
    index.loc[index["image_id"] == "00004", "box_left"] = 0.25
    write_index(curated / INDEX, index.iloc[::-1].reset_index(drop=True))
    assert read_places(curated, "unmasked").boxes[:, 0].tolist()[4] == 0.25


def test_some_rows_are_places_again(curated):
    places = read_places(curated, "masked")
    assert len(places[np.array([0, 3])]) == 2
    assert len(places[:4]) == 4


def test_an_index_of_other_photos_is_refused(curated):
    index = read_index(curated / INDEX)
    write_index(curated / INDEX, index[index["image_id"] != "00001"].reset_index(drop=True))
    with pytest.raises(FaceveilError, match=r"other photos than in .*unmasked; run `dvc repro"):
        read_places(curated, "unmasked")


def test_places_follow_the_part_that_is_packed(curated):
    path = curated / "masked" / "rows.parquet"
    part = dict(zip(CROP, (0.2, -0.1, 0.8, 0.5), strict=True))
    pd.read_parquet(path).assign(**part).to_parquet(path, index=False)
    places = read_places(curated, "masked")
    assert places.boxes[0] == pytest.approx([0, 1 / 3, 1, 5 / 3])
    nose = (PLACE["nose_x"] - 0.2) / 0.6, (PLACE["nose_y"] + 0.1) / 0.6
    assert places.points[0, 2] == pytest.approx(nose)
    assert places.found.all() and len(places) == 6
