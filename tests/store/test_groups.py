"""Groups of rendered people come from the truth table, and of nobody else from anywhere."""

import pandas as pd
import pytest

from faceveil.params.errors import FaceveilError
from faceveil.store.groups import ATTRIBUTES, GROUPS, known_groups, read_groups


def test_nothing_is_known_of_people_without_a_truth_table():
    assert known_groups(None, ["00000"]).empty
    assert known_groups(pd.DataFrame({"path": ["00000.png"]}), ["00000"]).empty


def test_who_is_not_in_the_table_is_in_no_group():
    rows = [("00001", "0.1", "30.0", "0.2"), ("00002", "", "30.0", "0.2")]
    truth = pd.DataFrame(rows, columns=["subject_id", *ATTRIBUTES])
    groups = known_groups(truth, ["00000", "00001", "00002"])
    assert groups.to_numpy().tolist() == [["00001", "light", "few lines", "female-typed"]]
    assert known_groups(truth, ["00000"]).empty


@pytest.mark.parametrize(
    "text", [None, "a,b\n", "subject_id,skin_tone,age,sex_typed_shape\n0,a,b,c\n0,a,b,c\n"]
)
def test_other_files_are_refused(tmp_path, text):
    if text is not None:
        (tmp_path / GROUPS).write_text(text)
    with pytest.raises(FaceveilError, match=r"groups\.csv: (no groups here|expected each)"):
        read_groups(tmp_path / GROUPS)
