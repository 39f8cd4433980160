"""Coordinates survive 16 bits, and what is beyond their ranges is their end."""

import numpy as np
import pytest
from PIL import Image

from faceveil.store.coordinates import (
    RANGES,
    as_coordinates,
    as_stored,
    clipped,
    write_coordinates,
)


def planes(count=2, low=0.0, high=1.0):
    """Coordinates spread evenly over a part of their ranges, and beyond."""
    share = np.random.default_rng(0).uniform(low, high, (count, 3, 5, 7)).astype(np.float32)
    least, greatest = np.array(RANGES, np.float32).T.reshape(2, 3, 1, 1)
    return least + share * (greatest - least)


def test_sixteen_bits_lose_less_than_half_a_step():
    before = planes()
    steps = np.array([(high - low) / 65535 for low, high in RANGES]).reshape(3, 1, 1)
    lost = np.abs(as_coordinates(as_stored(before)) - before)
    assert (lost <= 0.51 * steps + 2e-7).all()


def test_what_is_stored_is_stored_again_alike():
    stored = np.arange(65535, dtype=np.uint16)[: 3 * 20_000].reshape(3, 100, 200)
    assert np.array_equal(as_stored(as_coordinates(stored)), stored)


@pytest.mark.parametrize(("low", "high", "end"), [(-2, -1, 0), (2, 3, 65535)])
def test_beyond_its_range_a_value_is_its_end(low, high, end):
    assert (as_stored(planes(low=low, high=high)) == end).all()
    assert np.array_equal(clipped(planes()), planes())


def test_a_file_has_the_three_below_one_another(tmp_path):
    [one] = planes(1)
    write_coordinates(tmp_path / "one.png", one)
    with Image.open(tmp_path / "one.png") as image:
        assert image.mode == "I;16" and image.size == (7, 15)
        found = np.asarray(image).reshape(3, 5, 7)
    assert np.array_equal(found, as_stored(one))
