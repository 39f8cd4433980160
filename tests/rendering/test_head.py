from dataclasses import replace

import numpy as np
import pytest

from faceveil.rendering.canvas import blank
from faceveil.rendering.head import head_loft, mouth_height, raise_relief
from tests.rendering.people import frontal, somebody


def relief_of(person, photo):
    canvas = blank(1.0)
    raise_relief(canvas, person, photo)
    return canvas


def at(canvas, x, y):
    row, column = np.searchsorted(canvas.y[:, 0], y), np.searchsorted(canvas.x[0], x)
    return float(canvas.relief[row, column])


@pytest.mark.parametrize("number", range(5))
def test_the_nose_is_the_highest_and_the_sockets_the_lowest(number):
    person = somebody(number)
    canvas = relief_of(person, frontal(person))
    row, column = np.unravel_index(canvas.relief.argmax(), canvas.relief.shape)
    assert abs(canvas.x[0, column]) < 4
    assert person.nose_length - 16 < canvas.y[row, 0] < person.nose_length
    assert at(canvas, person.eye_distance / 2 + 12, -2) < at(canvas, 20, -30)


def test_faces_are_symmetric_in_relief():
    person = somebody()
    relief = relief_of(person, frontal(person)).relief
    assert np.allclose(relief[:, 1:], relief[:, :0:-1], atol=0.02)


def test_the_head_is_widest_above_and_closes_at_the_chin():
    person = somebody()
    skull = head_loft(person, frontal(person))
    width, _ = skull.at(np.array([-40, 20, person.chin_drop - 12, person.chin_drop], np.float32))
    assert width[0] > width[1] > width[2] > width[3]
    bearded = head_loft(person, frontal(person), beard=6.0)
    assert bearded.y[-1] > skull.y[-1]


def test_the_mouth_leaves_room_for_a_chin():
    person = replace(somebody(), nose_length=52, mouth_drop=27, chin_drop=101)
    assert person.chin_drop - mouth_height(person) >= 37
