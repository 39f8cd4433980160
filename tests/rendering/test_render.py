from dataclasses import replace

import numpy as np
import pytest

from faceveil.rendering.person import HAIR_STYLES
from faceveil.rendering.photo import draw_photo
from faceveil.rendering.render import render
from tests.rendering.people import frontal, somebody


def luminance(image):
    return image @ np.array([0.21, 0.72, 0.07], np.float32)


@pytest.mark.parametrize("size", [64, 128])
def test_a_picture_is_finite_and_in_range(size):
    person = somebody(1)
    image = render(person, frontal(person), size).image
    assert image.shape == (size, size, 3) and image.dtype == np.float32
    assert np.isfinite(image).all() and image.min() >= 0 and image.max() <= 1
    assert image.std() > 0.08


@pytest.mark.parametrize("style", HAIR_STYLES)
def test_every_style_renders_in_every_pose(style):
    person = replace(somebody(2), hair_style=style, glasses_habit=1.0)
    photo = replace(frontal(person), yaw=-0.35, pitch=0.13, roll=0.1, glasses=True)
    assert np.isfinite(render(person, photo, 64).image).all()


def test_the_same_numbers_give_the_same_picture():
    person = somebody(3)
    photo = draw_photo(np.random.default_rng(0), person)
    first, second = render(person, photo, 64).image, render(person, photo, 64).image
    assert np.array_equal(first, second)


def test_photos_and_people_differ():
    person, other = somebody(3), somebody(4)
    one = render(person, draw_photo(np.random.default_rng(0), person), 64).image
    two = render(person, draw_photo(np.random.default_rng(1), person), 64).image
    three = render(other, frontal(other), 64).image
    assert np.abs(one - two).mean() > 0.03
    assert np.abs(one - three).mean() > 0.03


def test_darker_skin_is_darker_and_still_exposed():
    def cheek(tone):
        person = replace(somebody(5), skin_tone=tone, hair_style="bald", beard_style="none")
        image = luminance(render(person, frontal(person), 64).image)
        return image[34:40, 24:40].mean()

    light, middle, dark = cheek(0.0), cheek(0.5), cheek(1.0)
    assert light > middle + 0.08 > middle > dark + 0.08
    assert dark > 0.12 and light < 0.92


def test_nothing_lies_outside_the_person_but_background():
    person = replace(somebody(6), hair_style="bald")
    rendering = render(person, frontal(person), 64)
    corner = rendering.person[:10, :10]
    assert corner.max() == 0
    assert rendering.person[100:110, 60:70].min() == pytest.approx(1, abs=1e-3)
    assert rendering.hair.max() == 0
