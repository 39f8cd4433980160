"""Recognizers that learned from designs, and from other experiments' designs."""

import json

import pytest
import torch
from torch import nn

from faceveil.evaluation.scene import Places, Stage
from faceveil.evaluation.strike_back import open_arena, shown_numbers, strike_back
from faceveil.params.errors import FaceveilError
from faceveil.store.embeddings import FEATURES
from tests.evaluation.world import LowerHalf, PatternRecognizer, tiny_params, write_world

CPU = torch.device("cpu")


@pytest.fixture
def fought(tmp_path, monkeypatch):
    write_world(tmp_path)
    for module in ("experiment", "strike_back"):
        monkeypatch.setattr(
            f"faceveil.evaluation.{module}.load_recognizer", lambda _: PatternRecognizer()
        )
    monkeypatch.setattr("faceveil.evaluation.projection.load_projector", lambda _: LowerHalf())
    places = Places(
        tmp_path / "data/curated",
        tmp_path / "models/projector",
        tmp_path / "models/gan",
        tmp_path / "data/protocol",
    )

    def fight(**strike):
        stage = Stage(places, tiny_params(**strike), CPU, everybody=True)
        arena = open_arena(stage, tmp_path / "models/recognizer", tmp_path / "data/embeddings")
        return json.loads(json.dumps(strike_back(arena)))

    return fight


def test_every_curve_and_every_pair_is_there(fought):
    document = fought()
    for curve in document["curves"]:
        keys = [(at["k"], at["protocol"], at["metric"]) for at in curve["points"]]
        assert len(keys) == len(set(keys)) == 3 * 2 * 2
    pairs = {(cell["designs"], cell["recognizer"]) for cell in document["cells"]}
    assert len(pairs) == 4
    assert len(document["cells"]) == 4 * 2 * 2
    assert document["claim"][0]["differences"][0]["people"] == 4
    numbers = shown_numbers(document)
    assert "strike_back/fnmr_lift/other_photo/exp0/40_photos" in numbers
    assert "cross_play/rank_1_lift/same_photo/exp1_against_exp0" in numbers


def test_no_photos_is_the_recognizer_that_the_experiment_ended_with(fought):
    document = fought()
    for curve in document["curves"]:
        own = [cell for cell in document["cells"]
               if cell["designs"] == cell["recognizer"] == curve["experiment"]]  # fmt: skip
        start = [at for at in curve["points"] if at["k"] == 0]
        for at, cell in zip(start, own, strict=True):
            assert (at["lift"], at["design"]) == (cell["lift"], cell["design"])
            assert 0 <= at["clean_rank_1"] <= 1


def test_running_twice_gives_the_same_digits_in_any_batch(fought):
    assert fought() == fought()


def test_too_few_photos_for_the_lesson_are_refused(fought):
    with pytest.raises(FaceveilError, match=r"strike_back\.photos asks for 4000"):
        fought(photos=[0, 4000])


class Scale(nn.Module):
    """A last block that starts as the identity and can learn to weigh features."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(FEATURES))

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        return maps * self.weight


def test_the_last_block_may_learn_with_the_head(fought, monkeypatch):
    """Its gallery, thresholds and probes then pass through the block that learned."""
    monkeypatch.setattr(
        "faceveil.evaluation.strike_back.split_trunk", lambda trunk: (trunk, Scale())
    )
    head_alone, with_block = fought(), fought(last_block=True)
    assert head_alone["cells"] == with_block["cells"]
    for one, other in zip(head_alone["curves"], with_block["curves"], strict=True):
        same = [a == b for a, b in zip(one["points"], other["points"], strict=True) if a["k"] == 0]
        assert all(same)
        assert {at["k"] for at in other["points"]} == {0, 5, 40}
    assert head_alone["curves"] != with_block["curves"]
