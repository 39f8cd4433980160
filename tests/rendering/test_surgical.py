from dataclasses import replace

import numpy as np
import pytest

from faceveil.rendering.head import mouth_height
from faceveil.rendering.photo import draw_photo
from faceveil.rendering.render import render
from faceveil.rendering.surgical import draw_cut, put_on
from tests.rendering.people import frontal, somebody

# which of nose, mouth and chin each way covers; MaskedFace-Net names a way by what it covers
COVERED = {
    "correct": (True, True, True),
    "nose_mouth": (True, True, False),
    "mouth_chin": (False, True, True),
    "chin": (False, False, True),
}


def wear(person, photo, way="correct", size=128):
    rendering = render(person, photo, size)
    return rendering, put_on(
        rendering, person, photo, draw_cut(np.random.default_rng(0), person, way)
    )


def transparency_at(rendering, worn, point):
    x, y, _ = rendering.view.project(*point)
    distance = np.hypot(rendering.view.x - x, rendering.view.y - y)
    row, column = np.unravel_index(distance.argmin(), distance.shape)
    return worn.transparency[row // 2, column // 2]


@pytest.mark.parametrize("way", COVERED)
@pytest.mark.parametrize("number", range(4))
def test_each_way_covers_what_its_name_says(way, number):
    person = somebody(number)
    rendering, worn = wear(person, frontal(person), way)
    deep = person.face_depth
    nose = (0, person.nose_length - 7, deep + person.nose_projection)
    points = (nose, (0, mouth_height(person) + 3, deep), (0, person.chin_drop - 7, deep))
    found = [transparency_at(rendering, worn, point) for point in points]
    for value, covered in zip(found, COVERED[way], strict=True):
        assert value > 0.9 if covered else value < 0.1
    assert transparency_at(rendering, worn, (person.eye_distance / 2, 0, deep)) == 0


def test_the_mask_changes_nothing_but_where_it_is():
    person = somebody(1)
    rendering, worn = wear(person, draw_photo(np.random.default_rng(5), person))
    masked = worn.over(rendering.image)
    away = worn.transparency == 0
    assert np.array_equal(masked[away], rendering.image[away])
    whole = worn.transparency == 1
    assert np.array_equal(masked[whole], worn.colour[whole])
    assert 0.08 < whole.mean() < 0.4
    assert (masked >= 0).all() and (masked <= 1).all()


def test_transparency_survives_eight_bits():
    person = somebody(2)
    _, worn = wear(person, frontal(person), size=64)
    levels = worn.transparency * 255
    assert np.allclose(levels, np.round(levels), atol=1e-4)
    soft = (worn.transparency > 0) & (worn.transparency < 1)
    assert soft.any()


def test_hair_hangs_over_the_mask():
    person = replace(somebody(3), hair_style="long", hair_width=0.0, face_width=72.0)
    photo = replace(frontal(person), yaw=0.3)
    rendering, worn = wear(person, photo)
    hidden = rendering.hair[::2, ::2] > 0.99
    assert hidden.any()
    assert worn.transparency[hidden].max() < 0.6


def test_masks_are_mostly_blue_and_some_are_green():
    person = somebody(0)
    cloths = [draw_cut(np.random.default_rng(i), person, "correct").cloth for i in range(40)]
    assert len({tuple(np.round(c / c.max(), 1)) for c in cloths}) >= 3
    assert 0 < np.mean([c[1] > c[2] for c in cloths]) < 0.4
