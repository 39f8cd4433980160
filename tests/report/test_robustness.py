"""Other recognizers, crossed games and adaptation."""

from dataclasses import replace

import pytest

from faceveil.report.documents import Compared, StrikeBack, Transfer
from faceveil.report.robustness import (
    cross_play_block,
    leading,
    strike_back_block,
    transfer_block,
)
from tests.report.documents import strike_back, transfer


def with_transfer(metrics, document: dict):
    return replace(metrics, transfer={"exp0": Transfer.model_validate(document)})


def test_a_refused_recognizer_has_no_column_but_its_check(metrics):
    block = transfer_block(metrics)
    lifts, checks = block.tables
    assert {row.cells[1] for row in lifts.rows} == {"facenet", "partner1", "black_box1"}
    assert "black_box2" not in block.panels[0].svg
    refused = checks.rows[-1].cells
    assert refused[0] == "black_box2"
    assert refused[-1].startswith("its check found 90.0 %")
    assert checks.rows[0].cells[1:] == ("curated", "2,000", "98.1 [97.4, 98.6]", "97.0", "passed")


def test_recognizers_that_nobody_trained_against_are_named(metrics):
    caption = transfer_block(metrics).caption
    assert "Never trained against: partner1, black_box1, black_box2." in caption


def test_without_a_black_box_the_figure_says_so(metrics):
    document = transfer(0)
    document["recognizers"] = document["recognizers"][:1]
    assert "none is a black box" in transfer_block(with_transfer(metrics, document)).caption


def test_if_all_are_refused_the_checks_are_left(metrics):
    document = transfer(0)
    document["recognizers"] = document["recognizers"][3:]
    block = transfer_block(with_transfer(metrics, document))
    assert "No recognizer that passed its check" in block.empty
    assert block.tables[0].rows[0].cells[0] == "black_box2"


@pytest.mark.parametrize("block", [transfer_block, cross_play_block, strike_back_block])
def test_stages_that_did_not_run_are_said_to(alone, block):
    made = block(alone.metrics)
    assert made.panels == ()
    assert "there is no `metrics/" in made.empty


def test_what_the_run_says_of_the_claim_stands_above_the_map(metrics):
    block = cross_play_block(metrics)
    assert block.finding == "The claim is not shown either way."
    cells = block.tables[1].rows[0].cells
    assert (cells[0], cells[-1]) == ("exp3 minus exp0", "50")


def test_without_a_claim_nothing_is_said_of_it(metrics):
    document = strike_back()
    del document["claim"]
    read = StrikeBack.model_validate(document)
    block = cross_play_block(replace(metrics, strike_back=read))
    assert (block.finding, len(block.tables)) == ("", 1)


def test_every_cell_of_the_map_is_a_line_of_the_table(metrics):
    block = cross_play_block(metrics)
    of_protocol = [row for row in block.tables[0].rows if row.protocol == "same_photo"]
    assert len(of_protocol) == 16
    for row in of_protocol:
        assert f">{row.cells[4].partition('.')[0]}</text>" in block.panels[1].svg


def test_the_curve_has_every_number_of_photos(metrics):
    block = strike_back_block(metrics)
    for label in ("0", "10", "100", "1,000"):
        assert f">{label}</text>" in block.panels[0].svg
    assert block.tables[0].rows[3].cells[-1] == "94.1"


def test_rank_1_leads_and_else_the_first_fmr():
    lift = {"over": "grey", "value": 0, "low": 0, "high": 0}
    kinds = [("fnmr", 0.01), ("fnmr", 0.001), ("rank_1", None)]
    found = [Compared(protocol="same_photo", metric=m, fmr=f, lift=lift) for m, f in kinds]
    assert leading(found, "same_photo") == ("rank_1", None)
    assert leading(found[:2], "same_photo") == ("fnmr", 0.01)
