from dataclasses import asdict

import numpy as np

from faceveil.rendering.person import (
    BEARD_STYLES,
    GLASSES_STYLES,
    HAIR_STYLES,
    draw_person,
    identity_ranges,
)
from tests.rendering.people import somebody


def test_a_person_is_at_least_35_named_parameters_within_their_ranges():
    ranges = identity_ranges()
    assert len(ranges) >= 35
    for number in range(40):
        person = somebody(number)
        for name, (low, high) in ranges.items():
            assert low <= getattr(person, name) <= high, name
        assert person.hair_style in HAIR_STYLES
        assert person.beard_style in BEARD_STYLES
        assert person.glasses_style in GLASSES_STYLES


def test_the_same_stream_draws_the_same_person():
    assert asdict(somebody(3)) == asdict(somebody(3))
    assert asdict(somebody(3)) != asdict(somebody(4))


def test_people_cover_the_whole_range_of_skin_and_every_style():
    people = [draw_person(np.random.default_rng([1, i])) for i in range(300)]
    tones = np.array([person.skin_tone for person in people])
    assert (np.histogram(tones, 10, (0, 1))[0] >= 12).all()
    assert {person.hair_style for person in people} == set(HAIR_STYLES)
    assert {person.beard_style for person in people} == set(BEARD_STYLES)


def test_no_two_identity_parameters_say_the_same():
    people = [somebody(i) for i in range(200)]
    ranges = identity_ranges().items()
    vectors = np.array([[(getattr(p, n) - a) / (b - a) for n, (a, b) in ranges] for p in people])
    correlation = np.corrcoef(vectors.T) - np.eye(vectors.shape[1])
    assert np.abs(correlation).max() < 0.97
    assert vectors.std(axis=0).min() > 0.05


def test_beards_need_a_male_typed_shape():
    people = [somebody(i) for i in range(100)]
    assert all(p.beard_style == "none" for p in people if p.sex_typed_shape < 0.5)
    assert any(p.beard_style != "none" for p in people)
