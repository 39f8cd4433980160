"""Shares of pairs and their intervals, against pair by pair counts and simulated people."""

from itertools import combinations

import numpy as np
import pytest

from faceveil.metrics.intervals import wilson_interval
from faceveil.metrics.pairs import pair_share


def counts(match: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return each person's matching pairs, and all, of a symmetric table of pairs."""
    strangers = ~np.eye(len(match), dtype=bool)
    return (match & strangers).sum(axis=1), strangers.sum(axis=1)


def by_chance(people: int, likeness: float, share: float, draw: np.random.Generator) -> np.ndarray:
    """Pairs match more often the more people are like everybody: a sum of both, and noise."""
    level = likeness * draw.normal(size=people)
    noise = np.triu(draw.normal(size=(people, people)), 1)
    score = level[:, None] + level[None] + noise + noise.T
    limit = np.sqrt(2 * likeness**2 + 1) * {0.1: 1.2816, 0.5: 0.0}[share]
    return score > limit


def test_the_share_is_that_of_all_pairs():
    match = by_chance(12, 0.5, 0.5, np.random.default_rng(1))
    expected = np.mean([match[one, other] for one, other in combinations(range(12), 2)])
    assert pair_share(*counts(match), 0.95).value == pytest.approx(expected)


@pytest.mark.parametrize("likeness", [0.0, 0.5])
@pytest.mark.parametrize("share", [0.1, 0.5])
def test_the_interval_holds_the_truth_as_often_as_it_says(likeness, share):
    draw, held, tries = np.random.default_rng(2), 0, 300
    for _ in range(tries):
        low, high = pair_share(*counts(by_chance(60, likeness, share, draw)), 0.95).interval
        held += low <= share <= high
    assert 0.9 <= held / tries <= 0.995


def test_who_is_like_everybody_makes_the_interval_wider():
    draw = np.random.default_rng(3)
    wide = [
        np.diff(pair_share(*counts(by_chance(60, likeness, 0.5, draw)), 0.95).interval)[0]
        for likeness in (0.0, 1.0)
    ]
    assert wide[1] > 3 * wide[0]


@pytest.mark.parametrize("every", [0, 1])
def test_where_pairs_are_all_alike_it_is_that_of_pairs_without_a_common_person(every):
    match = np.full((20, 20), bool(every))
    assert pair_share(*counts(match), 0.95).interval == wilson_interval(10 * every, 10, 0.95)


def test_people_in_no_pair_count_for_nothing():
    match = by_chance(12, 0.5, 0.5, np.random.default_rng(1))
    some = pair_share(*counts(match), 0.95)
    more = pair_share(*(np.append(found, 0) for found in counts(match)), 0.95)
    assert more == some


def test_a_person_with_everybody_else_in_no_other_pair_has_an_interval():
    found = pair_share(np.array([1, 1, 0]), np.array([2, 1, 1]), 0.95)
    assert found.value == 0.5
    assert 0 < found.interval.low < 0.5 < found.interval.high < 1


def test_no_pair_is_refused():
    with pytest.raises(ValueError, match="needs pairs"):
        pair_share(np.zeros(3, np.int64), np.zeros(3, np.int64), 0.95)
