"""People and photos that several tests of the renderer share."""

from dataclasses import replace

import numpy as np

from faceveil.rendering.person import Person, draw_person
from faceveil.rendering.photo import Photo, draw_photo


def somebody(number: int = 0) -> Person:
    return draw_person(np.random.default_rng([7, number]))


def frontal(person: Person, number: int = 0) -> Photo:
    """A photo from straight ahead, lit from a little above, eyes in the middle of their frame."""
    photo = draw_photo(np.random.default_rng([8, number]), person)
    return replace(
        photo, yaw=0.0, pitch=0.0, roll=0.0, shift_x=0.0, shift_y=0.0, light_azimuth=0.3,
        mouth_open=0.0, smile=0.0, glasses=False,
    )  # fmt: skip
