"""The stage ``evaluate_translation``: what was seen of translated photos in, a table out."""

from pathlib import Path

import pytest
from PIL import Image

from faceveil.evaluation.results import read_results
from tests.stages.declared import enter, succeed
from tests.stages.translated_world import record
from tests.stages.worn_world import RECOGNIZERS


@pytest.fixture
def at(translated_world, here, monkeypatch):
    record(monkeypatch)
    return lambda without="": enter(translated_world, "evaluate_translation", without=without)


def test_every_recognizer_judges_what_was_unmasked_beside_what_was_worn(at):
    at()
    *_, figure = succeed("evaluate_translation")
    table = read_results(Path("metrics/unmasking"))
    ranks = table[table["metric"] == "rank_1"]
    for name in RECOGNIZERS:
        for translation in ("paired", "cyclegan"):
            own = ranks[ranks["recognizer"] == f"{name}:{translation}"]
            assert set(own["recognizer_role"]) == {"reversed"}
            assert set(own["protection"]) == {"plain", "exp1", f"put_on_{translation}"}
        made = ranks[ranks["recognizer"] == name]
        wanted = {"none", "plain", "exp1", "put_on_paired", "put_on_cyclegan"}
        assert set(made["protection"]) == wanted
    assert set(ranks["group"]) == {"held_out"}
    assert (ranks["low"] <= ranks["value"]).all()
    with Image.open(figure) as picture:
        assert picture.width > 600
