"""Intervals against SciPy, and against what they promise: how often they hold the truth."""

import numpy as np
import pytest
from scipy.stats import binomtest, bootstrap, norm, t

from faceveil.metrics.intervals import bootstrap_interval, wilson_interval


@pytest.mark.parametrize("confidence", [0.8, 0.95, 0.99])
@pytest.mark.parametrize(("successes", "count"), [(0, 1), (0, 40), (1, 7), (17, 40), (200, 200)])
def test_wilson_equals_scipy(successes: int, count: int, confidence: float):
    reference = binomtest(successes, count).proportion_ci(confidence, method="wilson")
    found = wilson_interval(successes, count, confidence)
    assert found == pytest.approx((reference.low, reference.high), abs=1e-12)


def test_wilson_ends_are_exact():
    assert wilson_interval(0, 40).low == 0
    assert wilson_interval(40, 40).high == 1


@pytest.mark.parametrize(("successes", "count"), [(0, 0), (-1, 5), (6, 5)])
def test_wilson_refuses_impossible_counts(successes: int, count: int):
    with pytest.raises(ValueError, match="need 0 <= successes"):
        wilson_interval(successes, count)


@pytest.mark.parametrize("confidence", [0, 1, 95])
def test_impossible_confidence_is_refused(confidence: float):
    with pytest.raises(ValueError, match="inside"):
        wilson_interval(1, 2, confidence)
    with pytest.raises(ValueError, match="inside"):
        bootstrap_interval([1, 2], ["a", "b"], confidence)


def test_bootstrap_equals_scipy_where_each_person_has_one_photo():
    values = np.random.default_rng(1).exponential(size=60)
    tail = norm.cdf(np.sqrt(60 / 59) * t.ppf(0.025, 59))  # further out, as Student's t is
    reference = bootstrap(
        (values,),
        np.mean,
        method="percentile",
        confidence_level=1 - 2 * tail,
        n_resamples=4000,
        rng=np.random.default_rng(2),
    ).confidence_interval
    found = bootstrap_interval(values, np.arange(60), resamples=4000)
    assert found == pytest.approx((reference.low, reference.high), abs=0.02)


def test_bootstrap_draws_people_so_that_copies_add_no_certainty():
    values, people = np.random.default_rng(1).random(30), np.arange(30)
    once = bootstrap_interval(values, people)
    copied = bootstrap_interval(np.repeat(values, 10), np.repeat(people, 10))
    as_if_independent = bootstrap_interval(np.repeat(values, 10), np.arange(300))
    assert copied == pytest.approx(once, abs=1e-12)
    assert as_if_independent.high - as_if_independent.low < (once.high - once.low) / 2


def test_bootstrap_is_seeded_and_independent_of_row_order():
    values = np.random.default_rng(1).integers(0, 2, 50)
    people = np.array([f"{number % 20:05d}" for number in range(50)])
    order = np.random.default_rng(3).permutation(50)
    found = bootstrap_interval(values, people, seed=7)
    assert found == bootstrap_interval(values[order], people[order], seed=7)
    assert found != bootstrap_interval(values, people, seed=8)


def test_of_few_people_the_interval_holds_the_truth_as_often_as_it_says():
    draw = np.random.default_rng(5)
    samples = draw.normal(size=(600, 6))
    held = [bootstrap_interval(sample, np.arange(6), resamples=400) for sample in samples]
    # Plain percentiles hold it in 87 of 100.
    assert np.mean([low <= 0 <= high for low, high in held]) > 0.92


@pytest.mark.parametrize(("value", "ends"), [(0, (-0.1072, 0.1072)), (1, (0.7856, 1))])
def test_people_who_are_all_alike_do_not_make_certain(value, ends):
    people = np.arange(32)
    assert wilson_interval(0, 32).high == pytest.approx(0.1072, abs=1e-4)
    found = bootstrap_interval(np.full(32, value), people, bounds=(-1, 1))
    assert found == pytest.approx(ends, abs=1e-4)
    assert bootstrap_interval(np.full(32, value), people) == (value, value)


@pytest.mark.parametrize(("values", "people"), [([], []), ([1, 2], ["a"]), ([[1], [2]], [1, 2])])
def test_bootstrap_refuses_values_without_their_person(values: list, people: list):
    with pytest.raises(ValueError, match="one subject per value"):
        bootstrap_interval(values, people)
