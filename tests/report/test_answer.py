"""The answer: three rows and one sentence, which say what the table says."""

import pytest
from ruamel.yaml import YAML

from faceveil.evaluation.results import write_results
from faceveil.report.answer import answer, answer_table
from faceveil.report.selection import open_results
from tests.conftest import ROOT
from tests.report.made_results import made_frame, made_results


def test_three_rows_say_who_names_whom(results):
    table = answer_table(results)
    assert [row[1] for row in table.rows] == ["94.0"] * 3
    assert [row[2] for row in table.rows] == ["72.0 (black)"] * 3
    assert table.rows[0][3] == "2.0 to 14.0"
    assert "facenet" in table.rows[0][0]
    assert table.rows[1][0] == "2 it never met (dlib, mobilefacenet)"
    assert "1,000 photos" in table.rows[2][0]
    assert "of 6" in table.columns[2]
    assert "of 5 kinds" in table.columns[3]


def test_the_sentence_counts_what_intervals_show(results):
    question, _, text = answer(results).partition("? ")
    assert question.startswith("Does a trained mask hide its wearer")
    assert text == (
        "**Yes** against the recognizer it was trained against (5 of 5), **partly** against 2 it "
        "never met (4 of 10). **No, worse** once the first one has learned from 1,000 photos "
        "of such masks (0 of 5, 5 worse). **Partly** against another one, sface (2 of 5)."
    )


def test_a_surrogate_before_which_plain_masks_are_better_is_told(tmp_path):
    frame = made_frame()
    lifts = (frame["recognizer"] == "sface") & (frame["metric"] == "lift_rank_1")
    frame.loc[lifts, ["value", "low", "high"]] = (-0.13, -0.19, -0.07)
    told = answer(made_results(tmp_path, frame))
    assert told.endswith("**No, worse** against another one, sface (0 of 5, 5 worse).")


@pytest.mark.parametrize(
    ("failed", "named", "told"),
    [
        (["dlib"], "one it never met (mobilefacenet)", "**partly** against one it never met (2 of"),
        (["dlib", "mobilefacenet"], "none passed its check", "**not measured** against one it ne"),
    ],
)
def test_a_judge_that_failed_its_check_is_not_asked(tmp_path, failed, named, told):
    frame = made_frame()
    frame = frame[~frame["recognizer"].isin(failed) | (frame["metric"] == "check")]
    results = made_results(tmp_path, frame)
    assert named in answer_table(results).rows[1][0]
    assert told in answer(results)


@pytest.mark.parametrize("metric", ["rank_1", "fnmr@0.001"])
def test_the_best_plain_control_is_the_one_that_lifts_are_over(results, metric):
    best = results.best_plain(metric, "exp0", "facenet")
    assert best.over == "black"
    assert best.value == results.number(metric, "black", "facenet").value


def test_designs_that_left_the_target_out_have_not_met_it(tmp_path):
    params = tmp_path / "params.yaml"
    values = YAML(typ="safe").load(ROOT / "params.yaml")
    values["experiments"]["universal"] |= {"without_target": True}
    YAML().dump(values, params)
    write_results(tmp_path, made_frame())
    against = open_results(tmp_path, params).trained_against
    assert against["universal"] == ("sface",)
    assert against["exp0"] == ("facenet",)
