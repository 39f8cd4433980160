"""The score agrees with scikit-learn, and only flaws count as flaws."""

import pandas as pd
import pytest
from sklearn.metrics import balanced_accuracy_score, precision_score, recall_score

from faceveil.collection.score import read_truth, score_against_truth
from faceveil.params.errors import FaceveilError

ROWS = [  # path, kind, true worn, flaw, measured worn, reasons
    ("a", "unmasked", "none", "", "none", ""),
    ("b", "unmasked", "none", "blurred", "none", "blurred"),
    ("c", "unmasked", "none", "two_faces", "none", ""),
    ("d", "unmasked", "none", "", "none", "small_face"),
    ("e", "unmasked", "none", "", "none", "partner_rejected"),
    ("f", "masked", "correct", "", "correct", ""),
    ("g", "masked", "correct", "", "chin", "nose_bare mouth_bare"),
    ("h", "masked", "chin", "", "chin", "nose_bare mouth_bare"),
    ("i", "masked", "nose_mouth", "", "correct", ""),
    ("j", "masked", "mouth_chin", "", "chin", "nose_bare"),
    ("k", "masked", "none", "no_mask", "none", "no_mask"),
    ("l", "background", "correct", "", "unknown", ""),
]


def test_against_an_independent_reference():
    rows = pd.DataFrame(ROWS, columns=["path", "kind", "true", "flaw", "worn", "reasons"])
    truth = rows[["path", "flaw"]].assign(worn=rows["true"])
    score = score_against_truth(rows[["path", "kind", "worn", "reasons"]], truth)
    flawed = rows["flaw"] != ""
    found = rows["reasons"].isin(["blurred", "small_face", "no_mask"])
    assert score["flaw_precision"] == pytest.approx(precision_score(flawed, found))
    assert score["flaw_recall"] == pytest.approx(recall_score(flawed, found))
    worn = rows[rows["path"].isin(list("fghij"))]
    expected = balanced_accuracy_score(worn["true"] == "correct", worn["worn"] == "correct")
    assert score["worn_balanced_accuracy"] == pytest.approx(expected)
    assert score["worn_exactly_told"] == pytest.approx(2 / 5)


def test_photos_that_vanished_count_as_rejected():
    truth = pd.DataFrame({"path": ["a"], "worn": ["none"], "flaw": [""]})
    index = pd.DataFrame(columns=["path", "kind", "worn", "reasons"], dtype=str)
    assert score_against_truth(index, truth)["flaw_precision"] == 0


def test_truth_is_optional_but_must_fit(tmp_path):
    assert read_truth(tmp_path) is None
    (tmp_path / "truth.csv").write_text("path,flaw\na,\n")
    with pytest.raises(FaceveilError, match=r"lacks the columns \['worn'\]"):
        read_truth(tmp_path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "no table in UTF-8"),
        (b"path,worn,flaw\nM\xfcller.png,none,\n", "no table in UTF-8"),
        (b"path,worn,flaw\na,none,\nb,none,blurred,1,2\n", "no table in UTF-8"),
        (b"path,worn,flaw\na,none,\na,none,\n", "has a twice"),
    ],
)
def test_a_broken_truth_is_one_line(tmp_path, content, message):
    (tmp_path / "truth.csv").write_bytes(content)
    with pytest.raises(FaceveilError, match=rf"truth\.csv: {message}") as refusal:
        read_truth(tmp_path)
    assert "\n" not in str(refusal.value)
