"""Curves and thresholds: what is compared, and what is not reachable."""

from dataclasses import replace

import pytest

from faceveil.report.blocks import DASH
from faceveil.report.documents import Evaluation
from faceveil.report.verification import (
    cmc_block,
    compared,
    det_block,
    false_match_block,
    fnmr_block,
)
from tests.report.documents import evaluation

BLOCKS = [cmc_block, det_block, fnmr_block, false_match_block]


def test_a_design_is_compared_with_the_control_it_is_judged_over(metrics):
    found = [(each.key, each.one.row) for each in compared(metrics, "other_photo")][:3]
    assert found == [
        (("exp0", "design"), "generated_test"),
        (("exp0", "control"), "black_test"),
        (("exp0", "no mask"), "no_mask_test"),
    ]


@pytest.mark.parametrize("block", BLOCKS)
def test_each_chart_has_its_numbers_as_a_table(metrics, block):
    made = block(metrics)
    assert [panel.protocol for panel in made.panels] == ["other_photo", "same_photo"]
    assert {row.experiment for row in made.tables[0].rows} == set(metrics.experiments)
    for row in made.tables[0].rows:
        assert len(row.cells) == len(made.tables[0].columns)


@pytest.mark.parametrize("block", BLOCKS)
def test_without_curves_the_figure_says_why_it_is_empty(metrics, block):
    document = evaluation(0)
    for one in document["measurements"]:
        one.update(cmc=[], det=[], fnmr=[], false_match=None)
    bare = replace(metrics, evaluations={"exp0": Evaluation.model_validate(document)})
    made = block(bare)
    assert made.panels == made.tables == ()
    assert "`dvc repro evaluate`" in made.empty


def test_an_fmr_out_of_reach_says_what_it_would_need(metrics):
    table, thresholds = fnmr_block(metrics).tables
    cells = table.rows[2].cells
    assert cells[3] == "0.01 %"
    assert cells[5] == "not reachable with 2,450 non-mated comparisons; 30,000 are needed"
    assert cells[6:] == (DASH, DASH, DASH)
    assert thresholds.rows[2].cells == (
        "exp0", "0.01 %", "not reachable", "other people", "9,900", "30,000"
    )  # fmt: skip


def test_thresholds_of_training_people_say_so(metrics):
    document = evaluation(0)
    for one in document["thresholds"]:
        one["role"] = "train"
    other = replace(metrics, evaluations={"exp0": Evaluation.model_validate(document)})
    assert {row.cells[3] for row in fnmr_block(other).tables[1].rows} == {"training people"}


def test_the_det_table_reads_the_curve_from_the_strict_side(metrics):
    one = metrics.evaluations["exp0"].find("generated_test", "other_photo")
    row = det_block(metrics).tables[0].rows[0]
    below = [fnmr for fmr, fnmr in one.det if fmr <= 0.01]
    assert row.cells[-2] == f"{100 * min(below):.1f}"


def test_the_cmc_table_has_every_rank(metrics):
    table = cmc_block(metrics).tables[0]
    one = metrics.evaluations["exp0"].find("generated_test", "other_photo")
    assert table.columns[-1] == "rank 20"
    assert table.rows[0].cells[-20:] == tuple(f"{100 * share:.1f}" for share in one.cmc)


def test_victims_are_counted(metrics):
    cells = false_match_block(metrics).tables[0].rows[0].cells
    assert cells[-4:] == ("10.0 [3.0, 17.0]", "7", "3", "50.0")


def test_a_control_without_curves_is_drawn_as_the_plain_mask(metrics):
    document = evaluation(0)
    for one in document["measurements"]:
        if one["row"] == "black_test":
            one.update(cmc=[], det=[])
    changed = replace(metrics, evaluations={"exp0": Evaluation.model_validate(document)})
    rows = cmc_block(changed).tables[0].rows
    assert rows[1].cells[0] == "plain mask, as photographed"
