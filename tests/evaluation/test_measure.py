"""Rates, counts and intervals against plain loops and SciPy."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest

from faceveil.evaluation.measure import BY_CONSTRUCTION, measure, measure_all, worst_rate
from faceveil.evaluation.protocol import ROWS, Row
from faceveil.evaluation.trials import NO_DESIGN
from faceveil.params.errors import FaceveilError

GENERATED = Row("generated", "test")


def _log(wears: str, protocol: str = "same_photo", people: int = 10, designs: int = 1):
    rng = np.random.default_rng([people, designs])
    first = NO_DESIGN if wears in ("plain", "no_mask") else 0
    return pd.DataFrame(
        [
            {
                "wears": wears,
                "protocol": protocol,
                "subject_id": f"{person:05d}",
                "image_id": f"{person:05d}_Mask",
                "split": "train" if person < people / 2 else "test",
                "design": first + design,
                "hit": bool(rng.random() < 0.4),
            }
            for person in range(people)
            for design in range(designs)
        ]
    )


@pytest.fixture
def everything():
    kinds = [row.wears for row in ROWS if row.subjects == "test"]
    return pd.concat([_log(wears) for wears in kinds], ignore_index=True)


def test_counts_and_rates_equal_a_plain_loop(settings):
    log = _log("generated", people=12, designs=5)
    found = measure(log, GENERATED, "same_photo", settings)
    hits, people, by_design = 0, set(), {number: [] for number in range(5)}
    for _, trial in log.iterrows():
        hits += trial["hit"]
        people.add(trial["subject_id"])
        by_design[trial["design"]].append(trial["hit"])
    rates = [sum(one) / len(one) for one in by_design.values()]
    assert (found.hits, found.trials, found.people, found.designs) == (hits, 60, len(people), 5)
    assert found.rank_1 == hits / 60
    assert found.per_design == pytest.approx(rates)
    assert found.worst == pytest.approx(max(rates))


def test_the_interval_is_over_people_and_not_over_trials(settings):
    log = _log("grey", people=40)
    once = measure(log, Row("grey", "all"), "same_photo", settings)
    reference = binomtest(once.hits, 40).proportion_ci(0.95, method="wilson")
    assert (once.low, once.high) == pytest.approx((reference.low, reference.high))
    five_times = pd.concat([log.assign(design=number) for number in range(5)])
    again = measure(five_times, GENERATED, "same_photo", settings)
    assert again.trials == 200
    assert (again.low, again.high) == pytest.approx((once.low, once.high))


def test_a_rate_between_two_counts_of_people_has_an_interval_around_it(settings):
    log = _log("generated", people=3, designs=2).assign(hit=[True] + [False] * 5)
    found = measure(log, GENERATED, "same_photo", settings)
    assert 0 < found.low < found.rank_1 == 1 / 6 < found.high < 1


@pytest.mark.parametrize(("share", "expected"), [(0.1, 0.9), (0.5, 0.8), (0.51, 0.6), (1, 0.475)])
def test_worst_is_the_mean_of_the_share_rounded_up(share: float, expected: float):
    rates = pd.Series([0.1, 0.9, 0.2, 0.7])
    assert worst_rate(rates, share) == pytest.approx(expected)


def test_only_generated_designs_have_a_worst(settings):
    found = measure(_log("noise"), Row("noise", "all"), "same_photo", settings)
    assert (found.worst, found.per_design) == (None, ())


def test_same_photo_is_named_beside_other_photo(settings, everything):
    other = everything.assign(protocol="other_photo")
    both = measure_all(pd.concat([everything, other]), settings)
    keys = [(one.protocol, one.row) for one in both]
    assert len(keys) == len(set(keys)) == 2 * len(ROWS)
    notes = {(one.protocol, one.row) for one in both if one.note == BY_CONSTRUCTION}
    assert notes == {("same_photo", "no_mask"), ("same_photo", "no_mask_test")}


def test_without_further_photos_there_is_no_other_photo(settings, everything):
    assert {one.protocol for one in measure_all(everything, settings)} == {"same_photo"}


def test_a_row_without_anybody_is_refused(settings, everything):
    nobody = everything[everything["split"] != "test"]
    with pytest.raises(FaceveilError, match="no photo for row 'generated_test'"):
        measure_all(nobody, settings)


def test_row_order_changes_no_digit(settings, everything):
    shuffled = everything.sample(frac=1, random_state=3)
    assert measure_all(shuffled, settings) == measure_all(everything, settings)
