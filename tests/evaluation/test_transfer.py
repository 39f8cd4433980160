"""Designs before recognizers they were, and were not, made against."""

import json

import pytest
import torch

from faceveil.evaluation.calibration import write_calibrations
from faceveil.evaluation.contenders import Cast, Contender, TorchEye, calibrate_contender
from faceveil.evaluation.experiment import Artifacts, evaluate_experiment
from faceveil.evaluation.roles import read_roles
from faceveil.evaluation.transfer import ADAPTED, OTHERS, Stage, shown_numbers, transfer
from tests.evaluation.world import GAME, RATES, SETTINGS, LowerHalf, PatternRecognizer, write_world

CPU = torch.device("cpu")


@pytest.fixture
def stage(tmp_path, monkeypatch):
    write_world(tmp_path)
    module = "faceveil.evaluation"
    monkeypatch.setattr(f"{module}.experiment.load_recognizer", lambda _: PatternRecognizer())
    monkeypatch.setattr(f"{module}.projection.load_projector", lambda _: LowerHalf())
    contenders = [
        Contender("facenet", "facenet", TorchEye(PatternRecognizer(), CPU)),
        Contender("box", "black_box", TorchEye(PatternRecognizer(seed=9), CPU), {"passed": True}),
        Contender("poor", "black_box", TorchEye(PatternRecognizer(seed=8), CPU), None, "poor: no"),
    ]
    monkeypatch.setattr(Cast, "load", lambda *_: list(contenders))
    curated, folder = tmp_path / "data/curated", tmp_path / "data/protocol"
    roles = read_roles(folder)
    chosen = {
        one.name: calibrate_contender(one.eye, curated, roles, RATES, 4) for one in contenders
    }
    write_calibrations(folder / "thresholds" / OTHERS, chosen)
    cast = Cast(curated, tmp_path / "models/recognizer")
    return Stage(cast, tmp_path / "models/projector", tmp_path / "models/gan/exp1", folder)


def _found(stage, game=GAME, **changes):
    settings = SETTINGS.model_copy(update=changes)
    return transfer("exp1", stage, game, ([], ["box"]), settings, CPU)


def test_every_recognizer_has_its_row_and_says_whether_it_was_trained_against(stage):
    document = _found(stage)
    seen = {one["name"]: one["seen"] for one in document["recognizers"]}
    assert seen == {"facenet": True, ADAPTED: True, "box": False, "poor": False}
    box = document["recognizers"][2]
    assert [(one["protocol"], one["metric"]) for one in box["lifts"]] == [
        (protocol, metric)
        for protocol in ("same_photo", "other_photo")
        for metric in ("rank_1", "fnmr")
    ]
    assert all(one["lift"]["people"] == 4 for one in box["lifts"])
    assert "transfer/box/fnmr_lift/other_photo" in shown_numbers(document)


def test_nothing_is_reported_of_a_recognizer_that_failed_its_check(stage):
    poor = _found(stage)["recognizers"][3]
    assert (poor["refused"], poor["lifts"]) == ("poor: no", [])


def test_a_fixed_recognizer_has_no_adapted_twin_and_partners_count_as_seen(stage):
    fixed = GAME.model_copy(update={"recognizer_learns_from": (), "ensemble": ("box",)})
    document = _found(stage, fixed)
    assert [one["name"] for one in document["recognizers"]] == ["facenet", "box", "poor"]
    assert document["recognizers"][1]["seen"]


def test_the_adapted_recognizer_stands_as_in_the_evaluation(stage):
    own = next(one for one in _found(stage)["recognizers"] if one["name"] == ADAPTED)
    root = stage.gan.parents[2]
    artifacts = Artifacts(
        stage.cast.curated, stage.projector, stage.cast.recognizer, root / "data/embeddings",
        stage.gan, stage.protocol, stage.thresholds("exp1.json"),
    )  # fmt: skip
    document = evaluate_experiment("exp1", artifacts, GAME, SETTINGS, CPU)
    rows = {
        (one["row"], one["protocol"]): one
        for one in json.loads(json.dumps(document))["measurements"]
    }
    for one in own["lifts"]:
        row = rows["generated_test", one["protocol"]]
        expected = row["lift"] if one["metric"] == "rank_1" else row["fnmr"][0]["lift"]
        assert one["lift"] == expected


def test_batches_change_no_digit(stage):
    once, again = (json.dumps(_found(stage, batch_size=size)) for size in (3, 64))
    assert once == again
