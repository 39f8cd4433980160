"""Lift by group against a plain loop."""

import numpy as np
import pandas as pd
import pytest

from faceveil.evaluation.by_group import lift_by_group
from faceveil.evaluation.calibration import Threshold
from faceveil.evaluation.rows import PLAIN

AT = Threshold(0.01, 0.5, 200, None)
GROUPS = pd.DataFrame(
    {
        "subject_id": [f"{number:05d}" for number in range(20)],
        "skin_tone": ["light", "dark"] * 10,
        "age": ["few lines"] * 20,
    }
)


@pytest.fixture
def trials():
    draw = np.random.default_rng(2)
    rows = [
        {
            "wears": wears,
            "protocol": "other_photo",
            "subject_id": f"{person:05d}",
            "split": "test" if person < 12 else "train",
            "mated": draw.uniform(0.0, 0.6) if wears == "generated" else draw.uniform(0.3, 1.0),
        }
        for wears in ("generated", "generated", *PLAIN)
        for person in range(20)
    ]
    return pd.DataFrame(rows)


def test_each_group_has_its_own_people_and_all_have_one_control(trials, settings):
    found = lift_by_group(trials, GROUPS, AT, settings)
    assert [(one.attribute, one.group, one.people) for one in found] == [
        ("skin_tone", "dark", 6), ("skin_tone", "light", 6), ("age", "few lines", 12)
    ]  # fmt: skip
    assert len({one.control for one in found}) == 1
    for one in found[:2]:
        people = set(GROUPS.loc[GROUPS["skin_tone"] == one.group, "subject_id"])
        own = trials[trials["subject_id"].isin(people) & (trials["split"] == "test")]
        missed = (own["mated"] < 0.5).groupby(own["wears"]).mean()
        assert one.fnmr_design == pytest.approx(missed["generated"])
        assert one.fnmr_control == pytest.approx(missed[one.control])
        assert one.lift.value == pytest.approx(one.fnmr_design - one.fnmr_control)
        assert one.lift.low <= one.lift.value <= one.lift.high


def test_nothing_is_said_of_unknown_groups_or_without_a_threshold(trials, settings):
    assert lift_by_group(trials, GROUPS.iloc[:0], AT, settings) == []
    assert lift_by_group(trials, GROUPS, Threshold(1e-4, None, 200, 10_000), settings) == []
