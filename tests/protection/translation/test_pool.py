import torch

from faceveil.protection.translation.pool import Pool


def photos(*values):
    return torch.stack([torch.full((3, 2, 2), float(value)) for value in values])


def values(shown):
    return shown[:, 0, 0, 0].tolist()


def test_until_it_is_full_what_is_made_is_shown():
    pool = Pool(4, 1, "masked")
    assert values(pool.shown(photos(1, 2), 0)) == [1, 2]
    assert values(pool.shown(photos(3, 4), 1)) == [3, 4]
    assert values(pool.photos) == [1, 2, 3, 4]


def test_half_of_the_time_an_older_photo_is_shown_and_replaced():
    pool, shown = Pool(10, 1, "masked"), []
    for step in range(500):
        shown += values(pool.shown(photos(step), step))
    old = sum(one != step for step, one in enumerate(shown))
    assert 200 < old < 290
    assert len(set(shown)) == 490  # the first ten were shown and remembered
    assert len(pool.photos) == 10


def test_without_a_size_nothing_is_remembered():
    pool = Pool(0, 1, "masked")
    assert values(pool.shown(photos(1, 2), 0)) == [1, 2]
    assert len(pool.photos) == 0


def test_draws_follow_from_the_step_alone():
    one, other = Pool(3, 1, "masked"), Pool(3, 1, "masked")
    for step in range(10):
        one.shown(photos(step), step)
    other.photos = one.photos.clone()
    assert values(one.shown(photos(77), 10)) == values(other.shown(photos(77), 10))
