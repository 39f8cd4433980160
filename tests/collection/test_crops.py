"""A square around the face: where it lies, what it shows, and where things are in it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from faceveil.collection.crops import cut, seen_in, square_crops
from faceveil.collection.images import resize

ALL = (0.0, 0.0, 1.0, 1.0)


def slopes(height: int, width: int) -> np.ndarray:
    """A photo whose red is its column and whose green is its row."""
    rows, columns = np.mgrid[:height, :width]
    return np.dstack([columns, rows, np.zeros_like(rows)]).astype(np.uint8)


def crop_of(box, size, margin):
    return square_crops(np.array([box], np.float64), np.array([size], np.float64), margin)[0]


def test_a_box_of_128_pixels_becomes_a_crop_of_160_as_in_facenet():
    left, top, right, bottom = crop_of((0.25, 0.25, 0.75, 0.75), (256, 256), 0.125) * 256
    assert (left, top, right, bottom) == (48, 48, 208, 208)


@pytest.mark.parametrize("margin", [0, 0.125, 1])
@pytest.mark.parametrize("size", [(100, 100), (200, 100), (90, 120)])
def test_a_crop_is_square_in_pixels_around_the_middle_of_the_box(margin, size):
    box = np.array([0.2, 0.3, 0.6, 0.9])
    pixels = crop_of(box, size, margin) * np.tile(size, 2)
    sides = pixels[2:] - pixels[:2]
    longer = ((box[2:] - box[:2]) * size).max()
    assert sides == pytest.approx([longer * (1 + 2 * margin)] * 2)
    assert (pixels[:2] + pixels[2:]) / 2 == pytest.approx((box[:2] + box[2:]) / 2 * size)


@pytest.mark.parametrize("shape", [(40, 60, 3), (60, 40)])
def test_the_whole_photo_is_resized_and_nothing_else(shape):
    pixels = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    assert np.array_equal(cut(pixels, None, 32), resize(pixels, 32, 32))
    assert np.array_equal(cut(pixels, ALL, 32), resize(pixels, 32, 32))


def test_a_part_in_whole_pixels_is_cut_out_as_it_is():
    photo = slopes(100, 200)
    part = cut(photo, (20 / 200, 30 / 100, 80 / 200, 90 / 100), 60)
    assert np.array_equal(part, photo[30:90, 20:80])


def test_beyond_the_photo_its_edge_goes_on():
    photo = slopes(100, 100)
    part = cut(photo, (-0.1, -0.2, 0.9, 0.8), 100)
    assert np.array_equal(part[20:, 10:], photo[:80, :90])
    assert (part[:, :10] == part[:, 10:11]).all() and (part[:20] == part[20]).all()
    beyond = cut(photo, (0.5, 0.5, 1.1, 1.1), 60)
    assert (beyond[:, 50:] == beyond[:, 49:50]).all() and (beyond[50:] == beyond[49]).all()


def test_a_mask_that_leaves_the_photo_stays_a_mask():
    transparency = np.zeros((100, 100), np.uint8)
    transparency[60:, 20:80] = 255
    part = cut(transparency, (0.1, 0.3, 0.9, 1.1), 80)
    assert (part[30:, 10:70] == 255).all() and (part[:30] == 0).all() and (part[:, :10] == 0).all()


@given(
    box=st.tuples(*[st.floats(-0.3, 0.45)] * 2, *[st.floats(0.55, 1.3)] * 2),
    width=st.integers(40, 90),
    margin=st.floats(0, 1),
)
def test_any_box_is_cut_to_the_size_asked_for(box, width, margin):
    photo = slopes(64, width)
    part = cut(photo, tuple(crop_of(box, (width, 64), margin)), 24)
    assert part.shape == (24, 24, 3)
    assert part[..., 0].max() < width and part[..., 1].max() < 64


@pytest.mark.parametrize("margin", [0, 0.125, 0.5])
def test_what_is_cut_out_shows_a_point_where_it_is_said_to_be(margin):
    size = (200, 150)
    crop = crop_of((0.1, 0.2, 0.7, 0.8), size, margin)
    point = np.array([[[0.3, 0.6]]])
    photo = np.zeros((150, 200, 3), np.uint8)
    photo[86:94, 56:64] = 255
    part = cut(photo, tuple(crop), 100)[..., 0].astype(float)
    rows, columns = np.mgrid[:100, :100] + 0.5
    seen = np.array([(part * columns).sum(), (part * rows).sum()]) / part.sum() / 100
    assert seen_in(point, crop[None])[0, 0] == pytest.approx(seen, abs=0.002)


def test_the_whole_photo_moves_no_point():
    points = np.random.default_rng(0).random((3, 7, 2))
    assert np.array_equal(seen_in(points, np.array([ALL] * 3)), points)
