"""How often strangers match, against a loop over all pairs of photos."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from faceveil.evaluation import strangers
from faceveil.evaluation.results import COLUMNS, write_results
from faceveil.evaluation.strangers import matching_pairs, stranger_rows
from faceveil.evaluation.trials import Seen
from tests.evaluation.opposed_world import JUDGE, ROLES, Eyes, together, worn

BARE = worn("none")
BARE.rows["variant"] = np.nan
PROBES = together(BARE, worn("grey"), worn("exp0", 3, 0), worn("exp0", 3, 1))
THRESHOLD = 0.2


def frame(seen=PROBES, threshold=THRESHOLD) -> pd.DataFrame:
    rows = stranger_rows(JUDGE, threshold, seen, ["none", "grey", "exp0", "exp9"])
    return pd.DataFrame(list(rows), columns=list(COLUMNS))


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return frame()


def pairs_of(name: str) -> dict[str, list[bool]]:
    """Whether each pair of two held-out people's other photos matches, by what they wear."""
    rows = PROBES.rows.assign(place=range(len(PROBES.rows)))
    own = rows[(rows["protection"] == name) & (rows["role"] == "test")]
    own = own[own["protocol"] == "other_photo"].to_dict("records")
    found: dict[str, list[bool]] = {"same": [], "different": []}
    for one, other in combinations(own, 2):
        if one["subject_id"] != other["subject_id"]:
            units = Eyes().templates(PROBES.features[[one["place"], other["place"]]])
            alike = name == "none" or one["variant"] == other["variant"]
            match = round(float(units[0] @ units[1]), 6) >= THRESHOLD
            found["same" if alike else "different"].append(match)
    return found


@pytest.mark.parametrize("name", ["none", "grey", "exp0"])
def test_shares_are_those_of_a_loop_over_pairs(table, name):
    expected = {policy: pairs for policy, pairs in pairs_of(name).items() if pairs}
    own = table[table["protection"] == name].set_index("variant_policy")
    assert set(own.index) == set(expected)
    for policy, pairs in expected.items():
        row = own.loc[policy]
        assert row["value"] == pytest.approx(np.mean(pairs))
        assert row["trials"] == len(pairs)
        assert row["low"] <= row["value"] <= row["high"]
        assert row["people"] == ROLES["test"]


def test_a_design_is_a_tag_and_others_are_not(table):
    value = table.set_index(["protection", "variant_policy"])["value"]
    assert value["exp0", "same"] == 1
    assert value["exp0", "different"] < 0.5
    assert value["none", "same"] < 0.1


def test_rows_are_rows_of_the_table(table, tmp_path):
    write_results(tmp_path, table)
    assert set(table["metric"]) == {"strangers@0.1"}
    assert set(table["protocol"]) == {"other_photo"}
    assert set(table["threshold_role"]) == {"dev"}
    sides = table.set_index("protection")["probe_side"].to_dict()
    assert sides == {"none": "bare", "grey": "protected", "exp0": "protected"}


def test_blocks_and_row_order_change_nothing(table, monkeypatch):
    monkeypatch.setattr(strangers, "AT_ONCE", 5)
    order = np.random.default_rng(1).permutation(len(PROBES.rows))
    mixed = Seen(PROBES.rows.iloc[order].reset_index(drop=True), PROBES.features[order])
    pd.testing.assert_frame_equal(frame(mixed), table)


def test_others_than_held_out_people_are_in_no_pair(table):
    held_out = PROBES.where((PROBES.rows["role"] == "test").to_numpy())
    pd.testing.assert_frame_equal(frame(held_out), table)


def test_without_other_photos_the_same_photo_is_compared():
    same = PROBES.where((PROBES.rows["protocol"] == "same_photo").to_numpy())
    assert set(frame(same)["protocol"]) == {"same_photo"}


def test_every_pair_is_counted_with_both_its_people():
    units = np.array([[1.0, 0], [1, 0], [0, 1], [0.6, 0.8]])
    rows = pd.DataFrame({"subject_id": ["b", "a", "c", "a"], "variant": [0, 0, 0, 1]})
    found = matching_pairs(units, rows, 0.6)
    assert found["same"].tolist() == [[1, 1, 0], [2, 2, 2]]  # a-b matches; a-c and b-c do not
    assert found["different"].tolist() == [[2, 1, 1], [2, 1, 1]]  # the other photo of a
