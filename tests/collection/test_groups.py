"""Groups of rendered people come from the truth table, and of nobody else from anywhere."""

import pandas as pd
import pytest

from faceveil.collection.score import read_truth
from faceveil.collection.splits import read_splits
from faceveil.params.errors import FaceveilError
from faceveil.store.groups import ATTRIBUTES, GROUPS, known_groups, read_groups


def test_everybody_who_is_kept_is_in_one_group_of_each_attribute(collection, curated):
    directory, _ = curated
    groups = read_groups(directory / GROUPS).set_index("subject_id")
    people = read_splits(directory / "splits.csv")["subject_id"]
    assert groups.index.tolist() == sorted(people)
    truth = pd.read_csv(collection / "truth.csv", dtype={"subject_id": str})
    for subject, row in truth.drop_duplicates("subject_id").set_index("subject_id").iterrows():
        if subject in groups.index:
            tone, age = row["skin_tone"], row["age"]
            expected = "light" if tone <= 1 / 3 else "medium" if tone <= 2 / 3 else "dark"
            lines = "few lines" if age <= 35 else "some lines" if age <= 55 else "many lines"
            shape = "female-typed" if row["sex_typed_shape"] <= 0.5 else "male-typed"
            assert groups.loc[subject].tolist() == [expected, lines, shape]
    for attribute, (_, names) in ATTRIBUTES.items():
        assert set(groups[attribute]) <= set(names)


def test_nothing_is_known_of_people_without_a_truth_table():
    assert known_groups(None, ["00000"]).empty
    assert known_groups(pd.DataFrame({"path": ["00000.png"]}), ["00000"]).empty


def test_who_is_not_in_the_table_is_in_no_group():
    rows = [("00001", "0.1", "30.0", "0.2"), ("00002", "", "30.0", "0.2")]
    truth = pd.DataFrame(rows, columns=["subject_id", *ATTRIBUTES])
    groups = known_groups(truth, ["00000", "00001", "00002"])
    assert groups.to_numpy().tolist() == [["00001", "light", "few lines", "female-typed"]]
    assert known_groups(truth, ["00000"]).empty


def test_row_order_changes_nothing(collection):
    people = ["00000", "00003", "00005"]
    truth = read_truth(collection)
    once, again = (known_groups(truth, order) for order in (people, people[::-1]))
    pd.testing.assert_frame_equal(once, again)


@pytest.mark.parametrize(
    "text", [None, "a,b\n", "subject_id,skin_tone,age,sex_typed_shape\n0,a,b,c\n0,a,b,c\n"]
)
def test_other_files_are_refused(tmp_path, text):
    if text is not None:
        (tmp_path / GROUPS).write_text(text)
    with pytest.raises(FaceveilError, match=r"groups\.csv: (no groups here|expected each)"):
        read_groups(tmp_path / GROUPS)
