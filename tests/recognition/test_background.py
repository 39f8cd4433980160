"""Background people are taken by id, side by side, or the message names the keys."""

from dataclasses import replace

import pytest

from faceveil.params.errors import FaceveilError
from faceveil.recognition.background import background_rows, take_rows
from tests.recognition.curated_world import background


def test_the_next_people_by_id_are_taken_without_a_copy():
    faces = background(6)
    rows = background_rows(faces, 2, 3, "keys")
    taken = take_rows(faces, rows)
    assert taken.rows["subject_id"].unique().tolist() == [f"person_{n:05d}" for n in (2, 3, 4)]
    assert taken.rows.index.tolist() == list(range(12))
    assert len(taken) == len(taken.pixels) == 12
    assert taken.pixels.base is not None
    assert (taken.pixels == faces.pixels[8:20]).all()


def test_all_people_are_all_photos():
    assert background_rows(background(3), 0, 3, "keys") == slice(0, 12)


def test_too_few_people_name_the_keys():
    with pytest.raises(FaceveilError, match="skip and people ask for 5 background people, but 4"):
        background_rows(background(4), 2, 3, "skip and people")


def test_people_out_of_order_are_refused():
    faces = background(3)
    mixed = replace(faces, rows=faces.rows.iloc[::-1])
    with pytest.raises(FaceveilError, match="not sorted by person"):
        background_rows(mixed, 0, 2, "keys")
