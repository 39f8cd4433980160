"""The answer: rows and sentences, which say what the table says."""

from dataclasses import replace
from typing import get_args

import pandas as pd
import pytest
from ruamel.yaml import YAML

from faceveil.evaluation.results import write_results
from faceveil.params.experiments import Method
from faceveil.report.answer import SUBJECTS, answer, answer_table
from faceveil.report.selection import Number, open_results
from tests.conftest import ROOT
from tests.report.made_results import MADE, made_frame, made_results


def test_rows_say_who_names_whom(results):
    table = answer_table(results)
    who = [row[0] for row in table.rows]
    assert who == [
        "facenet (designs were trained against it)",
        "sface (universal met it, no other did)",
        "dlib (no design met it)",
        "mobilefacenet (no design met it)",
        "facenet, after it learned from 1,000 photos of such masks",
        "all of them, where what other wearers have in common is subtracted",
        "all of them, where the mask's place is painted grey in both photos",
    ]
    assert [row[1] for row in table.rows[:5]] == ["94.0"] * 5
    assert [row[2] for row in table.rows[:5]] == ["72.0 (black)"] * 5
    assert "of 6" in table.columns[2]
    assert table.columns[3] == "a design on the cloth (universal)"
    assert table.columns[4] == "designs fixed to the frame (exp0 to exp3, best to worst of 4)"


def test_the_sentences_say_what_protects_and_what_beats_it(results):
    assert answer(results) == (
        "Is the wearer of a design on the cloth (universal) named less often than in the best "
        "plain mask? By recognizers that it was trained against: **partly** (1 of 2), 14.0 to "
        "67.0 % in place of 72.0 %. By recognizers that it never met: **not shown** (0 of 2), "
        "67.0 % in place of 72.0 %. **Tried against it:** 96.0 % are named once facenet has "
        "learned from 1,000 photos of such masks. 84.0 % are named where what other wearers have "
        "in common is subtracted. 90.0 % are named where the mask's place is painted grey in both "
        "photos, so that no design is left to see."
    )


def test_each_cell_counts_what_intervals_show(results):
    rows = answer_table(results).rows
    assert rows[0][3] == "14.0 [2.0, 26.0] (1 of 1)"  # of one experiment with its interval
    assert rows[0][4] == "2.0 to 11.0 (4 of 4)"
    assert rows[4][3].endswith("(0 of 1, 1 worse)")
    assert "(" not in rows[6][3]  # where nothing of a design is seen


def test_designs_that_a_generator_draws_on_the_cloth_have_an_answer_of_their_own(results):
    drawn = replace(results, methods={**results.methods, "exp0": "generator"})
    assert answer_table(drawn).columns[3:] == (
        "a design on the cloth (universal)",
        "designs that a generator draws (exp0)",
        "designs fixed to the frame (exp1 to exp3, best to worst of 3)",
    )
    none = replace(drawn, experiments=("exp0",))
    assert "wearer of a design on the cloth that a generator draws (exp0) named" in answer(none)
    two = replace(results, methods={**drawn.methods, "exp1": "generator"})
    assert (
        "that a generator draws (exp0 and exp1, best to worst of 2)" in answer_table(two).columns[4]
    )


def test_what_is_not_tried_is_not_told(tmp_path):
    frame = made_frame()
    frame = frame[frame["recognizer_role"] != "opponent"]
    results = made_results(tmp_path, frame)
    assert len(answer_table(results).rows) == 5
    assert "grey" not in answer(results)
    assert "subtracted" not in answer(results)


def test_a_recognizer_before_which_plain_masks_are_better_is_told(tmp_path):
    frame = made_frame()
    unmet = frame["recognizer"].isin(["dlib", "mobilefacenet"])
    lifts = unmet & (frame["metric"] == "lift_rank_1")
    frame.loc[lifts, ["value", "low", "high"]] = (-0.13, -0.19, -0.07)
    told = answer(made_results(tmp_path, frame))
    assert "By recognizers that it never met: **no, more often** (0 of 2, 2 worse)" in told


@pytest.mark.parametrize("failed", [["dlib"], ["dlib", "mobilefacenet"]])
def test_a_judge_that_failed_its_check_is_not_asked(tmp_path, failed):
    frame = made_frame()
    frame = frame[~frame["recognizer"].isin(failed) | (frame["metric"] == "check")]
    results = made_results(tmp_path, frame)
    asked = " ".join(row[0] for row in answer_table(results).rows)
    assert not [name for name in failed if name in asked]
    if len(failed) == 2:
        assert "By recognizers that it never met: **not measured**." in answer(results)


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


def test_every_method_has_a_name_in_the_answer():
    assert set(SUBJECTS) == set(get_args(Method))


def test_experiments_whose_names_begin_alike_are_told_apart(tmp_path):
    frame = made_frame()
    other = frame[frame["protection"] == "universal"].assign(protection="universal_dlib")
    results = made_results(tmp_path, pd.concat([frame, other]))
    names = (*results.experiments, "universal_dlib")
    results = replace(results, experiments=names)
    assert results.made_of == list(MADE)
    assert results.made_by("universal_dlib") == "universal_dlib"
    assert results.made_by("universal_shuffled") == "universal"
    assert results.made_by("black") == ""


def test_an_interval_that_is_printed_from_zero_shows_nothing():
    assert Number(0.05, 0.0004, 0.1, 200, 200, "").shown == 0
    assert Number(0.05, 0.0006, 0.1, 200, 200, "").shown == 1
    assert Number(-0.05, -0.1, -0.0004, 200, 200, "").shown == 0
