"""The sentence and the figure that a reader sees first."""

import re
from dataclasses import replace

import pytest
from PIL import Image

from faceveil.report.blocks import MINUS, lift_text
from faceveil.report.documents import Evaluation, Transfer
from faceveil.report.lead import OWN, judgements, lead_block, lead_figure, lead_sentence
from tests.report.documents import EXPERIMENTS, evaluation, transfer


def test_the_sentence_is_about_the_weakest_experiment_and_has_count_and_interval(metrics):
    sentence = lead_sentence(metrics)
    assert "among 50 people held out from training" in sentence
    # exp3, where exp0 has 70
    weakest = "the weakest of 4 experiments: +55.0 points [+46.0, +64.0] (exp3, facenet) before"
    assert weakest in sentence
    assert sentence.endswith("another photo of the person; 95 % intervals over people).")


def test_the_lift_in_fnmr_stands_beside_the_one_in_rank_1(metrics, alone):
    evaluation = metrics.evaluations["exp3"]
    at = evaluation.find("generated_test", "other_photo").fnmr[1]
    assert at.fmr == evaluation.settings[0]["false_match_rate"]
    assert f", {lift_text(at.lift)} in FNMR at FMR 0.1 %;" in lead_sentence(metrics)
    unset = alone.metrics.evaluations["exp0"].model_copy(update={"settings": ()})
    assert "FNMR" not in lead_sentence(replace(alone.metrics, evaluations={"exp0": unset}))


def test_an_unseen_recognizer_that_shows_no_effect_is_said_to(metrics):
    half = lead_sentence(metrics).split("; ")[1]
    weakest = f"{MINUS}5.0 points [{MINUS}14.0, +4.0] (exp3, black_box1, no effect shown)"
    assert half == f"{weakest} before one that it never saw"


def test_a_recognizer_that_learned_from_the_designs_is_told_of(metrics, alone):
    last = lead_sentence(metrics).split("; ")[2]
    curves = metrics.strike_back.curves
    least = min(
        one.lift.value
        for curve in curves
        for one in curve.points
        if one.k == 1000 and one.protocol == "other_photo"
    )
    assert "1,000 labelled photos of its designs" in last
    assert last.startswith(f"+{100 * least:.1f} points [")
    assert "no recognizer was given photos" in lead_sentence(alone.metrics)


def test_worse_than_plain_is_not_called_no_effect(metrics):
    document = transfer(0)
    for one in document["recognizers"][2]["lifts"]:
        one["lift"] |= {"value": -0.3, "low": -0.4, "high": -0.2}
    changed = {**metrics.transfer, "exp0": Transfer.model_validate(document)}
    assert "worse than plain" in lead_sentence(replace(metrics, transfer=changed))


def test_without_other_recognizers_nothing_is_claimed_of_them(alone):
    sentence = lead_sentence(alone.metrics)
    assert "nothing is known: none judged them" in sentence
    assert ": +61.0 points" in sentence
    found = judgements(alone.metrics, "other_photo")
    assert {(one.recognizer, one.seen) for one in found} == {(OWN, True)}


def test_without_any_design_judged_nothing_is_claimed(alone):
    document = evaluation(0)
    rows = [one for one in document["measurements"] if not one["row"].startswith("generated")]
    empty = Evaluation.model_validate({**document, "measurements": rows})
    metrics = replace(alone.metrics, evaluations={"exp0": empty})
    assert lead_sentence(metrics).startswith("No design was judged")


def test_refused_recognizers_are_not_in_the_chart(metrics):
    found = judgements(metrics, "same_photo")
    assert [one.recognizer for one in found[:4]] == ["facenet"] * 4
    assert {one.recognizer for one in found} == {"facenet", "partner1", "black_box1"}


def test_each_mark_of_the_chart_is_a_line_of_its_table(metrics):
    block = lead_block(metrics)
    assert [panel.protocol for panel in block.panels] == ["other_photo", "same_photo"]
    lines = [row for row in block.tables[0].rows if row.protocol == "other_photo"]
    assert len(lines) == 3 * len(EXPERIMENTS)
    marks = re.findall(r'data-experiment="exp2"', block.panels[0].svg)
    assert len(marks) == 2 * 3  # an interval and a point before each of three recognizers
    assert lines[0].cells[4] == "+70.0 [+61.0, +79.0]"


@pytest.mark.parametrize("name", ["a.png", "b.png"])
def test_the_figure_has_a_panel_per_protocol(metrics, tmp_path, name):
    for one in ("a.png", "b.png"):
        lead_figure(tmp_path / one, metrics)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    assert Image.open(tmp_path / name).width == 2 * 4.5 * 150
