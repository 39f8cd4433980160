"""The spread between trainings against SciPy's Student's t."""

import numpy as np
import pytest
from scipy.stats import t

from faceveil.metrics.intervals import Interval
from faceveil.metrics.spread import with_spread


@pytest.mark.parametrize("confidence", [0.8, 0.95])
@pytest.mark.parametrize("means", [[0.1, 0.4], [0.2, 0.3, 0.7], [0.5, 0.1, 0.2, 0.2, 0.9]])
def test_of_certain_people_only_the_interval_of_trainings_is_left(means, confidence):
    middle = float(np.mean(means))
    found = with_spread(middle, Interval(middle, middle), np.array(means), confidence)
    scale = np.std(means, ddof=1) / np.sqrt(len(means))
    assert found == pytest.approx(t.interval(confidence, len(means) - 1, middle, scale))


def test_both_halves_add_in_squares():
    means = np.array([0.3, 0.5, 0.4])
    low, high = t.interval(0.95, 2, 0.4, means.std(ddof=1) / np.sqrt(3))
    found = with_spread(0.4, Interval(0.37, 0.44), means, 0.95)
    assert (0.4 - found.low) ** 2 == pytest.approx(0.03**2 + (0.4 - low) ** 2)
    assert (found.high - 0.4) ** 2 == pytest.approx(0.04**2 + (high - 0.4) ** 2)


@pytest.mark.parametrize("means", [[], [0.9]])
def test_fewer_than_two_trainings_say_nothing_of_others(means):
    interval = Interval(0.2, 0.6)
    assert with_spread(0.4, interval, np.array(means), 0.95) == interval


def test_trainings_that_agree_add_nothing():
    found = with_spread(0.4, Interval(0.2, 0.7), np.full(3, 0.4), 0.95)
    assert found == pytest.approx((0.2, 0.7))


def test_the_interval_holds_the_truth_as_often_as_it_says():
    draws = np.random.default_rng(1).normal(size=(2000, 3))
    found = [with_spread(d.mean(), Interval(d.mean(), d.mean()), d, 0.9) for d in draws]
    assert np.mean([low <= 0 <= high for low, high in found]) == pytest.approx(0.9, abs=0.02)
