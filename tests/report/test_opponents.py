"""The tables of what beats the designs: each number in its own place."""

import pandas as pd

from faceveil.report.opponents import finding_table, opponent_table, stranger_table
from faceveil.report.selection import DASH, MINUS
from tests.report.made_results import EXPERIMENTS, PLAIN, ROLES, made_frame, made_results, row


def test_each_opponent_has_its_column(results):
    table = opponent_table(results)
    assert [one[:2] for one in table.rows] == [(e, name) for e in EXPERIMENTS for name in ROLES]
    rows = {one[:2]: one[2:] for one in table.rows}
    assert rows["exp1", "facenet"] == (
        "5.0 [0.0, 17.0]", "81.0 [69.0, 93.0]", f"+5.0 [{MINUS}7.0, +17.0] white",
        "+4.0 [+1.0, +7.0] grey", "90.0 [78.0, 100.0]",
        "5.0 [0.0, 17.0]", "58.0 [46.0, 70.0]", "90.0 [78.0, 100.0]",
    )  # fmt: skip
    assert rows["exp1", "mobilefacenet"][5:] == (DASH, DASH, DASH)  # it learns from nothing
    assert table.columns[7:] == tuple(f"learned from {k} photos" for k in ("10", "100", "1,000"))


def test_wearers_of_one_design_and_of_several_stand_beside_each_other(results):
    rows = {one[:2]: one[2:] for one in stranger_table(results).rows}
    assert rows["facenet", "exp0"] == ("75.0 [63.0, 87.0]", "25.0 [13.0, 37.0]")
    assert rows["facenet", "bare face"] == ("1.0 [0.0, 13.0]", DASH)
    assert len(rows) == len(ROLES) * (1 + len(PLAIN) + len(EXPERIMENTS))


OWN_DESIGNS = "universal, designs of wearers' own"


def test_own_designs_stand_below_those_that_are_dealt(tmp_path):
    frame = made_frame()
    dealt = (frame["protection"] == "universal") & frame["metric"].str.startswith("strangers")
    own = frame[dealt & (frame["variant_policy"] == "different")]
    both = pd.concat([frame, own.assign(protection="universal_own")], ignore_index=True)
    table = stranger_table(made_results(tmp_path, both)).rows
    rows = {one[:2]: one[2:] for one in table}
    assert rows["facenet", OWN_DESIGNS][0] == DASH
    assert rows["facenet", OWN_DESIGNS][1] == rows["facenet", "universal"][1] != DASH


def test_opponents_are_among_no_other_recognizers(results):
    asked = results.recognizers("target", "surrogate", "judge", "adapted")
    assert not any("mean_shift" in name or "grey_region" in name for name in asked)
    assert results.recognizers("opponent") == [
        f"{name}:{what}" for name in ROLES for what in ("mean_shift", "grey_region")
    ]
    assert results.photos == [0, 10, 100, 1000]


def test_rows_of_pairs_are_no_rows_of_searches(results):
    assert not results.rows()["metric"].str.startswith("strangers").any()


def test_a_run_without_opponents_has_no_such_tables(tmp_path):
    frame = made_frame()
    without = (frame["recognizer_role"] != "opponent") & ~frame["metric"].str.startswith("strang")
    results = made_results(tmp_path, frame[without])
    assert not opponent_table(results).rows
    assert not stranger_table(results).rows


def test_faces_that_are_not_found_stand_by_detector_and_condition(tmp_path):
    about = {"recognizer_role": "detector", "low": 0.0, "high": 0.5}
    rows = [
        row("black", "mtcnn", "face_not_found", 0.02, **about),
        row("black", "mtcnn", "face_not_found", 0.25, condition="drawn", **about),
        row("universal", "yunet", "face_not_found", 0.125, **about),
    ]
    frame = pd.concat([made_frame(), pd.DataFrame(rows)], ignore_index=True)
    results = made_results(tmp_path, frame)
    table = finding_table(results)
    heads = ("mtcnn, flat", "mtcnn, drawn", "yunet, flat", "yunet, drawn")
    assert table.columns == ("what is worn", *heads)
    assert table.rows == [
        ("black", "2.0 [0.0, 50.0]", "25.0 [0.0, 50.0]", DASH, DASH),
        ("universal", DASH, DASH, "12.5 [0.0, 50.0]", DASH),
    ]
    assert results.recognizers("target", "surrogate", "judge") == list(ROLES)


def test_where_nobody_looked_for_faces_there_is_no_such_table(results):
    assert finding_table(results).rows == []
