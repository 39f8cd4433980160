"""Known failures are found by rule: each kind appears exactly where the documents show it."""

from dataclasses import replace

import pytest

from faceveil.report.blocks import MINUS
from faceveil.report.documents import Curve, Evaluation, Transfer
from faceveil.report.failures import known_failures
from tests.report.documents import curve, evaluation, transfer


def texts(metrics, experiment: str, kind: str) -> list[str]:
    found = known_failures(metrics, experiment)
    return [one.text for one in found if one.kind == kind]


def with_evaluation(metrics, document: dict):
    return replace(metrics, evaluations={"exp0": Evaluation.model_validate(document)})


def test_intervals_that_hold_zero_are_failures_and_others_are_not(metrics):
    found = texts(metrics, "exp0", "no effect")
    assert len(found) == 2  # the black box under both protocols
    assert all(text.startswith("black_box1: no effect shown") for text in found)
    assert f"+4.0 [{MINUS}5.0, +13.0] points over black, 50 people" in found[0]


def test_a_lift_below_zero_is_called_worse(metrics):
    document = transfer(0)
    document["recognizers"][1]["lifts"][0]["lift"] |= {"value": -0.2, "low": -0.3, "high": -0.1}
    changed = replace(metrics, transfer={"exp0": Transfer.model_validate(document)})
    assert any("partner1: worse than the control" in t for t in texts(changed, "exp0", "worse"))


@pytest.mark.parametrize(("low", "failures"), [(-0.01, 1), (0.0, 1), (0.01, 0)])
def test_the_games_own_lift_counts_too(alone, low, failures):
    document = evaluation(0)
    one = next(m for m in document["measurements"] if m["row"] == "generated_test")
    one["lift"]["low"] = low
    found = texts(with_evaluation(alone.metrics, document), "exp0", "no effect")
    assert len(found) == failures
    assert all("the game's recognizer" in text for text in found)


def test_a_refused_recognizer_is_told_with_its_reason(metrics):
    (text,) = texts(metrics, "exp1", "refused")
    assert text == "black_box2: not asked, its check found 90.0 % where 97.0 % are expected."


def test_where_a_plain_thing_hides_everybody_too_there_is_nothing_to_gain(alone):
    document = evaluation(0)
    one = next(m for m in document["measurements"] if m["row"] == "generated_test")
    one["fnmr"][0] |= {"value": 1.0, "high": 1.0}
    one["fnmr"][0]["lift"] |= {"value": 0.0, "low": -0.1, "high": 0.1}
    (text,) = texts(with_evaluation(alone.metrics, document), "exp0", "no effect")
    assert "nothing to gain, black hides everybody as well" in text


def test_groups_that_are_hidden_altogether_are_no_failure(alone):
    document = evaluation(0)
    for group in document["groups"]:
        group |= {"fnmr_design": 1.0, "fnmr_control": 1.0}
        group["lift"] |= {"value": 0.0}
    assert texts(with_evaluation(alone.metrics, document), "exp0", "group") == []


def test_the_group_that_is_recognized_most_by_each_attribute(metrics):
    tone, shape = texts(metrics, "exp0", "group")
    assert "skin tone, other photo: dark, FNMR 70.0 %, lift +50.0" in tone
    assert "17 people (of 3 groups)" in tone
    assert "sex typed shape, other photo: high" in shape


def test_worst_designs_and_false_matches(metrics):
    assert "14.0 % are named, of all wearers 4.0 %" in texts(metrics, "exp0", "worst designs")[0]
    text = texts(metrics, "exp0", "false match")[0]
    assert "7 of 50 people, for 3 others, FPIR 10.0 [3.0, 17.0] %" in text


def test_the_first_number_of_photos_that_halves_the_lift(metrics):
    points = curve(0)["points"]
    other = [p for p in points if p["protocol"] == "other_photo"]
    halved = next(p["k"] for p in other if p["lift"]["value"] <= other[0]["lift"]["value"] / 2)
    assert f"learned from {halved:,} worn photos" in texts(metrics, "exp0", "adaptation")[0]
    assert texts(metrics, "exp3", "adaptation") == []


def test_a_lift_that_never_was_is_not_halved(metrics):
    document = curve(0)
    for point in document["points"]:
        point["lift"]["value"] = -0.1
    struck = metrics.strike_back.model_copy(update={"curves": (Curve.model_validate(document),)})
    changed = replace(metrics, strike_back=struck)
    assert texts(changed, "exp0", "adaptation") == []


@pytest.mark.parametrize(("trunk", "alike"), [(0.149, 1), (0.151, 0)])
def test_designs_closer_than_half_the_published_are_alike(alone, trunk, alike):
    document = evaluation(0)
    document["diversity"][0]["trunk"] = trunk
    changed = with_evaluation(alone.metrics, document)
    assert len(texts(changed, "exp0", "diversity")) == alike
