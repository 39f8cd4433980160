"""Faces that are not found: counted by hand, with an interval over people."""

import pandas as pd
import pytest
from scipy.stats import binomtest

from faceveil.evaluation.face_finding import finding_rows
from faceveil.evaluation.results import COLUMNS, write_results
from faceveil.store.found_faces import ABOUT
from faceveil.store.photos import FLAT


def photos(protection, condition, seen, training=-1):
    """A photo of each person, and whether MTCNN found the face; YuNet finds all."""
    return [
        (f"p{number}", f"{number}", protection, "other_photo", 0, training, condition, one, True)
        for number, one in enumerate(seen)
    ]


@pytest.fixture
def found():
    rows = [
        *photos("black", FLAT, [True, True, False, True]),
        *photos("black", "0", [True, False, False, True]),
        *photos("universal", FLAT, [True] * 3 + [False], training=0),
        *photos("universal", FLAT, [True] + [False] * 3, training=1),
    ]
    return pd.DataFrame(rows, columns=[*ABOUT, "mtcnn", "yunet"])


def test_rows_say_how_often_a_face_is_missed(found, tmp_path):
    table = pd.DataFrame(finding_rows(found, 0.95))
    assert list(table.columns) == list(COLUMNS)
    told = table.set_index(["recognizer", "protection", "condition"])
    expected = {("black", FLAT): 1 / 4, ("black", "drawn"): 2 / 4, ("universal", FLAT): 4 / 8}
    for (worn, condition), share in expected.items():
        row = told.loc[("mtcnn", worn, condition)]
        assert row["value"] == share
        assert row["people"] == 4
        assert told.loc[("yunet", worn, condition), "value"] == 0
    assert told.loc[("mtcnn", "universal", FLAT), "trials"] == 8
    assert told.loc[("mtcnn", "universal", FLAT), "variant_policy"] == "dealt"
    assert told.loc[("mtcnn", "black", FLAT), "variant_policy"] == "one"
    black = told.loc[("mtcnn", "black", FLAT)]
    wilson = binomtest(1, 4).proportion_ci(0.95, method="wilson")
    assert (black["low"], black["high"]) == pytest.approx((wilson.low, wilson.high))
    # Two trainings that differ as much as they can make the interval of a half as wide as it is.
    wide = told.loc[("mtcnn", "universal", FLAT)]
    half = binomtest(2, 4).proportion_ci(0.95, method="wilson")
    assert wide["low"] < half.low and wide["high"] > half.high
    write_results(tmp_path, table)  # it is one of the table's metrics


def test_a_detector_that_did_not_look_has_no_row(found):
    table = pd.DataFrame(finding_rows(found.drop(columns="yunet"), 0.95))
    assert set(table["recognizer"]) == {"mtcnn"}
    assert set(table["recognizer_role"]) == {"detector"}
