"""Design cards: complete, valid by their own schema, the same each time."""

import json

import pytest
from pydantic import ValidationError

from faceveil.report.blocks import DASH
from faceveil.report.card_tables import controls_table, lifts_table
from faceveil.report.cards import Card, as_json, build_card
from tests.report.documents import EXPERIMENTS


@pytest.fixture(scope="module")
def card(metrics) -> Card:
    return build_card(metrics, "exp0")


def test_a_card_says_what_the_designs_were_trained_against_and_how_they_do(card):
    assert card.trained_against == ("facenet",)
    assert card.recognizer_learns_from == ()
    assert (card.designs_judged, card.gallery_people) == (16, 250)
    asked = {one.recognizer for one in card.lifts}
    assert asked == {"the game's recognizer", "partner1", "black_box1", "black_box2"}
    assert {(one.metric, one.fmr) for one in card.lifts if one.recognizer.startswith("the")} == {
        ("rank_1", None),
        ("fnmr", 0.01),
        ("fnmr", 0.001),
    }
    for one in card.lifts[:3]:  # what a lift is the difference of, in the metric that it is in
        assert one.lift is not None and one.control is not None
    assert all(one.row.endswith("_test") for one in card.controls)
    assert len(card.controls) == 2 * 11
    assert [point.k for point in card.adaptation] == 2 * [0, 10, 100, 1000]
    assert card.known_failures


def test_a_refused_recognizer_has_no_numbers(card):
    (refused,) = [one for one in card.lifts if one.refused]
    assert refused.lift is refused.design is refused.protocol is None
    assert refused.check.passed is False


def test_what_is_written_can_be_read_again(written, metrics):
    for name in EXPERIMENTS:
        text = (written / "cards" / f"{name}.json").read_text()
        read = Card.model_validate_json(text)
        assert read == build_card(metrics, name)
        assert as_json(read) == text
        assert json.loads(text)["$schema"] == "schema.json"


def test_the_schema_names_every_field_and_allows_no_other(written):
    schema = json.loads((written / "cards/schema.json").read_text())
    assert schema["additionalProperties"] is False
    card = json.loads((written / "cards/exp1.json").read_text())
    assert set(card) == set(schema["properties"])
    assert set(schema["required"]) <= set(card)
    allowed = schema["$defs"]["Failure"]["properties"]["kind"]["enum"]
    assert {one["kind"] for one in card["known_failures"]} <= set(allowed)
    for one in card["lifts"]:
        assert set(one) == set(schema["$defs"]["Judged"]["properties"])


@pytest.mark.parametrize(
    ("key", "value"),
    [("designs_judged", -1), ("gallery_people", -1), ("confidence", 0), ("confidence", 1)],
)
def test_a_card_refuses_impossible_values(card, key, value):
    with pytest.raises(ValidationError, match=key):
        Card.model_validate(card.model_dump(by_alias=True) | {key: value})


def test_a_card_refuses_keys_it_does_not_know(card):
    with pytest.raises(ValidationError, match="extra"):
        Card.model_validate(card.model_dump(by_alias=True) | {"rating": 5})


def test_without_other_documents_a_card_is_still_whole(alone):
    card = build_card(alone.metrics, "exp2")
    assert card.adaptation == ()
    assert {one.recognizer for one in card.lifts} == {"the game's recognizer"}


def test_tables_of_a_card(card):
    lifts = lifts_table(card)
    assert ("black_box2 (never seen)", DASH, DASH, "not asked", DASH, DASH) in [
        row.cells for row in lifts.rows
    ]
    assert len(lifts.rows) == len(card.lifts)
    assert controls_table(card).rows[0].cells[2:] == ("50", "84.0 [78.0, 90.0]")
