import numpy as np

from faceveil.rendering.photo import draw_photo
from tests.rendering.people import somebody


def test_photos_stay_within_what_a_portrait_allows():
    person = somebody()
    photos = [draw_photo(np.random.default_rng(i), person) for i in range(200)]
    assert max(abs(p.yaw) for p in photos) <= 0.30
    assert max(abs(p.pitch) for p in photos) <= 0.14
    assert max(abs(p.roll) for p in photos) <= 0.12
    assert all(0.232 <= p.eye_span <= 0.248 for p in photos)
    assert all(0 <= p.smile <= 1 and p.mouth_open >= 0 for p in photos)
    assert np.std([p.yaw for p in photos]) > 0.08


def test_habits_carry_over_to_photos():
    people = [somebody(i) for i in range(60)]
    never = [p for p in people if p.glasses_habit <= 0]
    often = [p for p in people if p.glasses_habit > 0.5]
    rngs = [np.random.default_rng(i) for i in range(20)]
    assert never and often
    assert not any(draw_photo(rng, p).glasses for rng in rngs for p in never)
    assert any(draw_photo(rng, p).glasses for rng in rngs for p in often)
