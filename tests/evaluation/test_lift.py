"""Lift over controls, against plain loops and SciPy's bootstrap."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import bootstrap, t

from faceveil.evaluation.lift import best_control, gains, lift_of
from faceveil.params.errors import FaceveilError
from faceveil.params.evaluate import Evaluate

SETTINGS = Evaluate(seed=1)
RATES = {"design": 0.2, "black": 0.7, "white": 0.9}
PEOPLE = 40


def worn(rates, people=PEOPLE, role="test", trainings=(-1,), seed=7) -> pd.DataFrame:
    """Trials of people who all wear everything; a design's rate may depend on the training."""
    draw = np.random.default_rng(seed)
    rows = [
        (name, role, f"{role}{person:03d}", training, bool(draw.random() < chance))
        for name, rate in rates.items()
        for training in (trainings if name == "design" else (-1,))
        for chance in [rate[training] if isinstance(rate, list) else rate]
        for person in range(people)
    ]
    return pd.DataFrame(rows, columns=["protection", "role", "subject_id", "training", "hit"])


def by_hand(trials: pd.DataFrame, name: str, over: str) -> list[float]:
    values = []
    for person in sorted(set(trials["subject_id"])):
        own = trials[trials["subject_id"] == person]
        share = [own.loc[own["protection"] == one, "hit"].tolist() for one in (name, over)]
        values.append(sum(share[1]) / len(share[1]) - sum(share[0]) / len(share[0]))
    return values


@pytest.mark.parametrize(("name", "over"), [("design", "black"), ("white", "black")])
def test_lift_is_the_mean_difference_over_people(name, over):
    trials = worn(RATES)
    found, expected = lift_of(trials, (name, over), "hit", SETTINGS), by_hand(trials, name, over)
    assert found.value == pytest.approx(np.mean(expected))
    assert (found.people, found.trials) == (PEOPLE, PEOPLE)
    assert gains(trials, (name, over), "hit").tolist() == expected


def test_people_count_alike_however_often_they_are_photographed():
    trials = worn(RATES, people=6)
    first = trials[trials["subject_id"] == "test000"].assign(hit=True)
    trials = pd.concat([trials, *[first] * 9], ignore_index=True)
    found = lift_of(trials, ("design", "black"), "hit", SETTINGS)
    assert found.value == pytest.approx(np.mean(by_hand(trials, "design", "black")))
    assert (found.people, found.trials) == (6, 15)


def test_the_interval_agrees_with_scipy():
    trials = worn(RATES)
    found = lift_of(trials, ("design", "black"), "hit", SETTINGS)
    values = by_hand(trials, "design", "black")
    reference = bootstrap((values,), np.mean, method="percentile", rng=0).confidence_interval
    assert (found.low, found.high) == pytest.approx(tuple(reference), abs=0.03)
    assert found.low < found.value < found.high


def test_a_wider_level_and_fewer_people_widen_the_interval():
    def width(trials, confidence):
        settings = SETTINGS.model_copy(update={"confidence": confidence})
        found = lift_of(trials, ("design", "black"), "hit", settings)
        return found.high - found.low

    assert width(worn(RATES), 0.99) > width(worn(RATES), 0.95) > width(worn(RATES), 0.8)
    assert width(worn(RATES, people=12), 0.95) > width(worn(RATES), 0.95)


def test_the_best_control_is_that_of_the_people_given():
    dev = worn({"black": 0.2, "white": 0.8}, role="dev")
    test = worn({"design": 0.1, "black": 0.9, "white": 0.3})
    plain = ("plain", "white", "black")  # nobody wears plain here
    assert best_control(dev, plain, "hit") == "black"
    assert best_control(test, plain, "hit") == "white"


@pytest.mark.parametrize(("rates", "seen"), [({"blur": 0.2, "none": 1.0}, "blur, none"),
                                             ({}, "nothing")])  # fmt: skip
def test_people_who_wear_no_plain_control_are_refused(rates, seen):
    with pytest.raises(FaceveilError, match=f"plain is black, grey, but .* in {seen} alone") as no:
        best_control(worn(rates, role="dev"), ("black", "grey"), "hit")
    assert "\n" not in str(no.value)


def test_a_design_is_no_control_and_the_first_among_equals_is():
    trials = worn({"design": 0.0, "black": 1.0, "white": 1.0})
    assert best_control(trials, ("white", "black"), "hit") == "white"
    assert best_control(trials, ("black", "white"), "hit") == "black"


def test_the_best_control_depends_on_what_counts_as_recognized():
    trials = worn({"black": 0.2, "white": 0.8})
    trials["matched@0.1"] = ~trials["hit"]
    assert best_control(trials, ("black", "white"), "hit") == "black"
    assert best_control(trials, ("black", "white"), "matched@0.1") == "white"


@pytest.mark.parametrize("lacking", ["design", "black"])
def test_not_the_same_people_are_refused(lacking):
    trials = worn(RATES)
    trials = trials[(trials["protection"] != lacking) | (trials["subject_id"] != "test003")]
    with pytest.raises(ValueError, match="not the same people wear design and black"):
        lift_of(trials, ("design", "black"), "hit", SETTINGS)


def test_trainings_that_differ_widen_the_interval():
    trials = worn({"design": [0.0, 0.9, 0.2], "black": 0.8}, trainings=(0, 1, 2))
    found = lift_of(trials, ("design", "black"), "hit", SETTINGS)
    one = lift_of(trials.assign(training=-1), ("design", "black"), "hit", SETTINGS)
    worn_by = trials[trials["protection"] == "design"].groupby("training")["hit"].mean()
    reach = t.ppf(0.975, 2) * worn_by.std() / np.sqrt(3)
    assert found.value == one.value
    assert found.low == pytest.approx(max(-1, one.value - np.hypot(one.value - one.low, reach)))
    assert found.high == pytest.approx(min(1, one.value + np.hypot(one.high - one.value, reach)))
    assert found.high - found.low > 2 * (one.high - one.low)


def test_a_control_worn_in_every_training_is_compared_within_it():
    """What trainings do to a control as well is no spread of the lift."""
    draw = np.random.default_rng(2)
    rows = [
        (name, f"{person:03d}", training, (draw.random() < rate) or bool(training))
        for training in (0, 1)
        for person, rate in enumerate(draw.random(PEOPLE))
        for name in ("design", "black")
    ]
    trials = pd.DataFrame(rows, columns=["protection", "subject_id", "training", "hit"])
    same = trials[trials["protection"] == "design"].assign(protection="black")
    trials = pd.concat([trials[trials["protection"] == "design"], same])
    found = lift_of(trials, ("design", "black"), "hit", SETTINGS)
    one = lift_of(trials.assign(training=-1), ("design", "black"), "hit", SETTINGS)
    assert (found.low, found.high) == (one.low, one.high)


def test_row_order_changes_no_digit():
    trials = worn({"design": [0.1, 0.4], "black": 0.8}, trainings=(0, 1))
    shuffled = trials.sample(frac=1, random_state=1)
    for over in ("black", "design"):
        assert lift_of(shuffled, ("design", over), "hit", SETTINGS) == lift_of(
            trials, ("design", over), "hit", SETTINGS
        )
