"""The paper's claim, on made-up people for whom the answer is known."""

import itertools

import numpy as np
import pandas as pd
import pytest
from scipy.stats import bootstrap

from faceveil.evaluation.claim import judge_claim
from faceveil.params.evaluate import Evaluate

SETTINGS = Evaluate(seed=1)
PEOPLE = [f"{number:05d}" for number in range(30)]
LEARNS = {"fixed": False, "one": True, "two": True, "other": False}


def left(mean: float, seed: int) -> "pd.Series[float]":
    """Return made-up lifts."""
    return pd.Series(np.random.default_rng(seed).normal(mean, 0.2, len(PEOPLE)), PEOPLE)


@pytest.mark.parametrize(
    ("learning", "sign"), [(0.6, 1), (0.3, 0), (0.0, -1)], ids=["more", "as much", "less"]
)
def test_the_interval_and_the_test_say_who_keeps_more(learning, sign):
    found = judge_claim({"fixed": left(0.3, 0), "one": left(learning, 5)}, LEARNS, SETTINGS)
    assert (np.sign(found.low) + np.sign(found.high)) / 2 == sign
    assert (found.p < 0.05) == bool(sign)
    assert found.low < found.value < found.high
    assert found.people == 30


def test_experiments_of_a_kind_are_averaged_by_person():
    gains = {name: left(0.1 * n, n) for n, name in enumerate(LEARNS)}
    found = judge_claim(gains, LEARNS, SETTINGS)
    by_hand = (gains["one"] + gains["two"] - gains["fixed"] - gains["other"]) / 2
    assert (found.learning, found.fixed) == ("one+two", "fixed+other")
    assert found.value == pytest.approx(by_hand.mean())
    reference = bootstrap((by_hand,), np.mean, method="percentile", rng=0).confidence_interval
    assert (found.low, found.high) == pytest.approx(tuple(reference), abs=0.02)


def test_people_are_joined_by_id():
    gains = {"fixed": left(0.3, 0), "one": left(0.3, 0) + 0.2}
    gains["one"] = gains["one"].sample(frac=1, random_state=3)
    found = judge_claim(gains, LEARNS, SETTINGS)
    assert found.value == pytest.approx(0.2)
    assert found == judge_claim({**gains, "one": gains["one"].sort_index()}, LEARNS, SETTINGS)
    assert found.p < 0.001  # everybody on the same side: nothing but 30 equal differences


def test_the_p_value_is_that_of_all_ways_to_flip_the_signs():
    fixed, one = (pd.Series(np.random.default_rng(n).random(8), PEOPLE[:8]) for n in (1, 2))
    found = judge_claim({"fixed": fixed, "one": one}, LEARNS, SETTINGS)
    difference = (one - fixed).to_numpy()
    flipped = [abs(np.mean(difference * signs)) for signs in itertools.product((-1, 1), repeat=8)]
    expected = np.mean(np.array(flipped) >= abs(difference.mean()) - 1e-12)
    assert found.p == pytest.approx(expected)


def test_four_people_alone_decide_nothing():
    """Nobody speaks against it, and yet few signs make the mean."""
    difference = pd.Series([0.6] * 4 + [0.0] * 26, PEOPLE)
    found = judge_claim({"fixed": 0 * difference, "one": difference}, LEARNS, SETTINGS)
    assert found.low >= 0
    assert found.p == pytest.approx(2 / 2**4, abs=0.02)


def test_the_same_seed_says_the_same():
    gains = {"fixed": left(0.3, 0), "one": left(0.35, 1)}
    again = SETTINGS.model_copy(update={"seed": 2})
    assert judge_claim(gains, LEARNS, SETTINGS) == judge_claim(gains, LEARNS, SETTINGS)
    assert judge_claim(gains, LEARNS, again).low != judge_claim(gains, LEARNS, SETTINGS).low


@pytest.mark.parametrize("names", [["fixed", "other"], ["one", "two"], []])
def test_one_kind_alone_tests_nothing(names):
    assert judge_claim({name: left(0.1, 0) for name in names}, LEARNS, SETTINGS) is None
