"""Lift over controls against plain loops, SciPy's bootstrap, and itself in another order."""

import numpy as np
import pandas as pd
import pytest
from faceveil.evaluation.rows import CONTROLS, PLAIN, Row
from scipy.stats import bootstrap

from faceveil.evaluation.lift import lift_of

RATES = {
    "generated": 0.1,
    "black": 0.6,
    "white": 0.9,
    "grey": 0.8,
    "untrained": 0.8,
    "mean_colour": 0.3,
}
PEOPLE = 40


@pytest.fixture
def trials() -> pd.DataFrame:
    """Two designs per person, one of each control; the rates above, 0.95 for the others."""
    draw = np.random.default_rng(7)
    rows = [
        {
            "wears": wears,
            "subject_id": f"{person:05d}",
            "split": "train" if person < PEOPLE // 2 else "test",
            "hit": bool(draw.random() < RATES.get(wears, 0.95)),
        }
        for wears in ("generated", "generated", "plain", *CONTROLS)
        for person in range(PEOPLE)
    ]
    return pd.DataFrame(rows)


def gains(trials: pd.DataFrame, wears: str, over: str) -> list[float]:
    """The difference for each person, by hand."""
    values = []
    for person in sorted(set(trials["subject_id"])):
        own = trials[trials["subject_id"] == person]
        worn = own.loc[own["wears"] == wears, "hit"].tolist()
        control = own.loc[own["wears"] == over, "hit"].tolist()
        values.append(sum(control) / len(control) - sum(worn) / len(worn))
    return values


@pytest.mark.parametrize(("wears", "over"), [("generated", "black"), ("untrained", "grey")])
def test_lift_is_the_mean_difference_over_people(trials, settings, wears, over):
    found = lift_of(trials, Row(wears, "all"), settings)
    by_hand = gains(trials, wears, over)
    assert found.over == over
    assert found.value == pytest.approx(np.mean(by_hand))
    reference = bootstrap((by_hand,), np.mean, method="percentile", rng=0).confidence_interval
    assert (found.low, found.high) == pytest.approx(tuple(reference), abs=0.03)
    assert found.low < found.value < found.high


def test_only_people_of_the_split_count(trials, settings):
    held_out = trials[trials["split"] == "test"]
    assert lift_of(trials, Row("generated", "test"), settings) == lift_of(
        held_out, Row("generated", "all"), settings
    )


def test_the_best_control_is_one_that_needs_no_design(trials, settings):
    """Fewest are identified in a design's mean colour, which nobody has without the design."""
    assert lift_of(trials, Row("generated", "all"), settings).over == "black"


def test_among_equal_controls_the_first_counts(trials, settings):
    trials.loc[trials["wears"].isin(PLAIN), "hit"] = True
    assert lift_of(trials, Row("generated", "all"), settings).over == PLAIN[0]


def test_something_that_does_nothing_has_a_lift_around_zero(trials, settings):
    found = lift_of(trials, Row("untrained", "all"), settings)
    assert found.low <= 0 <= found.high


@pytest.mark.parametrize("wears", ["plain", "grey", "no_mask"])
def test_a_control_has_no_lift(trials, settings, wears):
    assert lift_of(trials, Row(wears, "all"), settings) is None


def test_row_order_changes_no_digit(trials, settings):
    shuffled = trials.sample(frac=1, random_state=1)
    assert lift_of(shuffled, Row("generated", "all"), settings) == lift_of(
        trials, Row("generated", "all"), settings
    )


def test_different_people_are_not_compared(trials, settings):
    lacking = trials[(trials["wears"] != "grey") | (trials["subject_id"] != "00003")]
    with pytest.raises(ValueError, match="not the same people wear untrained and grey"):
        lift_of(lacking, Row("untrained", "all"), settings)


def test_lift_in_matches_is_the_difference_of_false_non_match_rates(trials, settings):
    """With another column of outcomes the best control may be another one."""
    draw = np.random.default_rng(3)
    accepted = {"generated": 0.2, "white": 0.5}
    trials["matched"] = [draw.random() < accepted.get(one, 0.9) for one in trials["wears"]]
    found = lift_of(trials, Row("generated", "test"), settings, "matched")
    own = trials[trials["split"] == "test"]
    missed = 1 - own.groupby("wears")["matched"].mean()
    assert (found.over, found.people) == ("white", PEOPLE // 2)
    assert found.value == pytest.approx(missed["generated"] - missed["white"])
