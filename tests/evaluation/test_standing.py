"""Lifts before one recognizer, against plain loops."""

import numpy as np
import pandas as pd
import pytest

from faceveil.evaluation.calibration import Threshold
from faceveil.evaluation.rows import PLAIN
from faceveil.evaluation.standing import person_gains, standings

AT = Threshold(0.01, 0.5, 200, None)


@pytest.fixture
def trials():
    draw = np.random.default_rng(2)
    return pd.DataFrame(
        {
            "wears": wears,
            "protocol": protocol,
            "subject_id": f"{person:05d}",
            "split": "test",
            "mated": (mated := draw.uniform(0.0, 0.6 if wears == "generated" else 1.0)),
            "hit": mated > 0.4,
        }
        for protocol in ("same_photo", "other_photo")
        for wears in ("generated", "generated", *PLAIN)
        for person in range(12)
    )


def test_each_metric_is_compared_with_its_own_best_control(trials, settings):
    found = standings(trials, AT, settings)
    assert [(one.protocol, one.metric) for one in found] == [
        (protocol, metric)
        for protocol in ("same_photo", "other_photo")
        for metric in ("rank_1", "fnmr")
    ]
    for one in found:
        own = trials[trials["protocol"] == one.protocol]
        recognized = own["hit"] if one.metric == "rank_1" else own["mated"] >= 0.5
        rates = recognized.groupby(own["wears"]).mean()
        best = min(PLAIN, key=lambda wears: rates[wears])
        assert one.lift.over == best
        assert one.lift.value == pytest.approx(rates[best] - rates["generated"])
        design, control = rates["generated"], rates[best]
        expected = (design, control) if one.metric == "rank_1" else (1 - design, 1 - control)
        assert (one.design, one.control) == pytest.approx(expected)
        assert one.fmr == (None if one.metric == "rank_1" else 0.01)


def test_lifts_are_means_of_the_gains_of_people(trials, settings):
    gains = person_gains(trials, AT)
    for one in standings(trials, AT, settings):
        of_people = gains[one.protocol, one.metric]
        assert len(of_people) == one.lift.people == 12
        assert of_people.mean() == pytest.approx(one.lift.value)


def test_rates_are_over_trials_as_in_the_accuracy_table_and_lifts_over_people(settings):
    rows = [(wears, "a", hit) for wears in PLAIN for hit in (True, True, True)]
    rows += [(wears, "b", False) for wears in PLAIN] + [("generated", "b", False)]
    rows += [("generated", "a", False)] * 3
    about = {"protocol": "same_photo", "split": "test", "mated": 0.0}
    log = pd.DataFrame([{"wears": w, "subject_id": s, "hit": hit, **about} for w, s, hit in rows])
    (one,) = standings(log, Threshold(0.0001, None, 200, 10_000), settings)
    assert (one.control, one.design, one.lift.value) == (0.75, 0.0, 0.5)


def test_without_a_threshold_only_ranks_are_judged(trials, settings):
    found = standings(trials, Threshold(1e-4, None, 200, 10_000), settings)
    assert {one.metric for one in found} == {"rank_1"}
