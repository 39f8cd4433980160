"""A photo is its pixels: used once, and by one person."""

import numpy as np

from faceveil.store.content import OF_TWO_PEOPLE, REPEATED, compare, content_of


def test_equal_pixels_alone_have_one_content():
    photo = np.arange(48, dtype=np.uint8).reshape(4, 4, 3)
    other = photo.copy()
    other[3, 3, 2] += 1
    assert content_of(photo) == content_of(photo[:, ::-1][:, ::-1])
    assert len({content_of(one) for one in (photo, other, photo.reshape(2, 8, 3))}) == 3


def test_the_first_of_a_person_is_used_and_that_of_two_people_by_neither():
    photos = [("Ann", "a"), ("Ann", "b"), ("Ann", "a"), ("Bo", "b"), ("Bo", "c"), ("Bo", "b")]
    assert compare(photos) == ["", OF_TWO_PEOPLE, REPEATED, OF_TWO_PEOPLE, "", OF_TWO_PEOPLE]


def test_what_cannot_be_read_is_equal_to_nothing():
    assert compare([("Ann", ""), ("Ann", ""), ("Bo", "")]) == ["", "", ""]
