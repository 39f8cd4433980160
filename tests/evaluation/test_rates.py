"""Rates and curves against formulas written out and scikit-learn."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest, t
from sklearn.metrics import roc_curve

from faceveil.evaluation.rates import (
    DET_RATES,
    cmc,
    det_curve,
    equal_error_rate,
    rate_of,
    top_victim_share,
    training_means,
)
from faceveil.evaluation.search import BINS, EDGES, counted, steps


def trials(outcomes: dict[str, list[int]], training: int = -1) -> pd.DataFrame:
    """Return the trials of people, by subject_id."""
    rows = [(who, training, bool(one)) for who, of in outcomes.items() for one in of]
    return pd.DataFrame(rows, columns=["subject_id", "training", "missed"])


def wilson(share: float, count: float) -> tuple[float, float]:
    z = 1.959963984540054
    middle = (share + z * z / (2 * count)) / (1 + z * z / count)
    half = z / (1 + z * z / count) * (share * (1 - share) / count + (z / (2 * count)) ** 2) ** 0.5
    return middle - half, middle + half


def test_one_trial_each_is_wilsons_interval():
    found = rate_of(trials({f"{n}": [n < 3] for n in range(11)}), "missed", 0.95)
    reference = binomtest(3, 11).proportion_ci(0.95, method="wilson")
    assert (found.low, found.high) == pytest.approx((reference.low, reference.high))
    assert (found.value, found.people, found.trials) == (3 / 11, 11, 11)


def test_copies_of_a_trial_add_no_certainty():
    once = rate_of(trials({f"{n}": [n < 3] for n in range(11)}), "missed", 0.9)
    often = rate_of(trials({f"{n}": [n < 3] * 20 for n in range(11)}), "missed", 0.9)
    assert (once.value, once.people) == (often.value, often.people)
    assert (once.low, once.high) == pytest.approx((often.low, often.high))
    assert often.trials == 220


def test_unequal_people_count_as_fewer():
    """Trials 6, 2, 1 and 1: ten in all, and (10 * 10) / (36 + 4 + 1 + 1) people have a say."""
    found = rate_of(trials({"a": [1, 1, 1, 0, 0, 0], "b": [1, 0], "c": [0], "d": [1]}), "missed",
                    0.95)  # fmt: skip
    assert (found.value, found.people, found.trials) == (0.5, 4, 10)
    assert (found.low, found.high) == pytest.approx(wilson(0.5, 100 / 42))


@pytest.mark.parametrize("outcome", [0, 1])
def test_none_and_all_are_not_certain(outcome):
    found = rate_of(trials({f"{n}": [outcome] * 2 for n in range(8)}), "missed", 0.95)
    assert found.value == outcome
    assert 0 <= found.low <= found.value <= found.high <= 1
    assert found.high - found.low == pytest.approx(np.ptp(wilson(outcome, 8)))


def test_the_spread_of_trainings_is_added_in_squares():
    rates = ([1, 0, 0, 0], [1, 1, 0, 0], [1, 1, 1, 0])
    both = pd.concat([trials({f"{n}": [one] for n, one in enumerate(of)}, training)
                      for training, of in enumerate(rates)])  # fmt: skip
    assert training_means(both, "missed").tolist() == [0.25, 0.5, 0.75]
    reach = t.ppf(0.975, 2) * 0.25 / np.sqrt(3)
    low, high = wilson(0.5, 4)
    found = rate_of(both, "missed", 0.95)
    assert found.low == pytest.approx(max(0, 0.5 - np.hypot(0.5 - low, reach)))
    assert found.high == pytest.approx(min(1, 0.5 + np.hypot(high - 0.5, reach)))


def test_one_training_or_none_has_no_spread():
    assert training_means(trials({"a": [1], "b": [0]}), "missed").size == 0
    assert training_means(trials({"a": [1], "b": [0]}, training=4), "missed").size == 0


@pytest.fixture
def scores() -> tuple[np.ndarray, np.ndarray]:
    """Mated and other similarities, multiples of the step."""
    rng = np.random.default_rng(4)
    mated, others = rng.normal(0.5, 0.2, 300), rng.normal(0.1, 0.2, 5000)
    return tuple(np.round(np.clip(of, -1, 1), 4) for of in (mated, others))


def sklearn_roc(scores) -> tuple[np.ndarray, np.ndarray]:
    truth = np.repeat([1, 0], [len(of) for of in scores])
    fmr, tmr, _ = roc_curve(truth, np.concatenate(scores), drop_intermediate=False)
    return fmr, 1 - tmr


def test_counts_are_of_the_steps_that_similarities_lie_in(scores):
    counts = counted(steps(scores[1][None]))
    values, number = np.unique(scores[1], return_counts=True)
    assert EDGES[counts > 0].tolist() == values.tolist()
    assert counts[counts > 0].tolist() == number.tolist()
    assert counted(np.array([[-1, 0], [3, -1]])).sum() == 2


def test_equal_error_rate_is_where_sklearns_curves_cross(scores):
    fmr, fnmr = sklearn_roc(scores)
    grid = np.linspace(0, 1, 200_001)
    crossing = grid[np.argmax(grid >= np.interp(grid, fmr, fnmr))]
    found = equal_error_rate(scores[0], counted(steps(scores[1])))
    assert found == pytest.approx(crossing, abs=1e-4)
    assert 0.05 < found < 0.3


def test_det_is_sklearns_curve_at_the_stored_rates(scores):
    fmr, fnmr = sklearn_roc(scores)
    found = det_curve(scores[0], counted(steps(scores[1])))
    expected = [(rate, fnmr[fmr <= rate + 1e-12].min()) for rate in DET_RATES if rate >= 1 / 5000]
    assert [one for pair in found for one in pair] == pytest.approx(
        [one for pair in expected for one in pair]
    )
    assert found[0][0] >= 1 / 5000 > DET_RATES[0]


def test_without_pairs_of_a_kind_there_is_no_error_rate():
    with pytest.raises(ValueError, match="non-mated"):
        equal_error_rate(np.array([0.5]), np.zeros(BINS, np.int64))


def test_cmc_counts_searches_at_each_rank():
    found = cmc(pd.Series([1, 1, 3, 20, 21]))
    assert found[:4] == [0.4, 0.4, 0.6, 0.6]
    assert (found[18], found[19], len(found)) == (0.6, 0.8, 20)


def test_the_most_frequent_victim():
    of = pd.DataFrame({"nearest_id": list("abacdd"), "stranger": [1, 1, 1, 0, 1, 0]})
    of["stranger"] = of["stranger"].astype(bool)
    assert top_victim_share(of, "stranger") == (3, 0.5)
    assert top_victim_share(of.assign(stranger=False), "stranger") == (0, None)
