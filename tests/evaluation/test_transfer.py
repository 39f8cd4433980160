"""Designs before recognizers they were, and were not, made against."""

import json
from dataclasses import asdict
from pathlib import Path

import pytest
import torch

from faceveil.evaluation import experiment as experiment_module
from faceveil.evaluation.calibration import OTHERS, Calibration
from faceveil.evaluation.contenders import Contender, TorchEye, calibrate_contender
from faceveil.evaluation.documents import write_document
from faceveil.evaluation.experiment import Artifacts, evaluate_experiment
from faceveil.evaluation.scene import Places, Stage
from faceveil.evaluation.transfer import shown_numbers, transfer
from faceveil.store.protocol import read_roles
from tests.evaluation.world import (
    RATES,
    SETTINGS,
    LowerHalf,
    PatternRecognizer,
    tiny_params,
    write_world,
)

CPU = torch.device("cpu")


def write_others(protocol: Path, chosen: dict[str, Calibration]) -> None:
    document = {name: asdict(one) for name, one in chosen.items()}
    (protocol / "thresholds" / OTHERS).write_text(json.dumps(document))


@pytest.fixture
def found(tmp_path, monkeypatch):
    """Transfer documents, by experiment."""
    write_world(tmp_path)
    monkeypatch.setattr(experiment_module, "load_recognizer", lambda _: PatternRecognizer())
    monkeypatch.setattr("faceveil.evaluation.projection.load_projector", lambda _: LowerHalf())
    contenders = [
        Contender("facenet_twin", "partner", TorchEye(PatternRecognizer(), CPU), {"passed": True}),
        Contender("box", "black_box", TorchEye(PatternRecognizer(seed=9), CPU), {"passed": True}),
        Contender("poor", "black_box", TorchEye(PatternRecognizer(seed=8), CPU), None, "poor: no"),
    ]
    curated, protocol = tmp_path / "data/curated", tmp_path / "data/protocol"
    roles = read_roles(protocol)
    write_others(
        protocol,
        {one.name: calibrate_contender(one.eye, curated, roles, RATES, 4) for one in contenders},
    )
    gans = tmp_path / "models/gan"
    places = Places(curated, tmp_path / "models/projector", gans, protocol)
    evaluations = tmp_path / "metrics/evaluation"
    params = tiny_params()
    for name in params.experiments:
        artifacts = Artifacts(
            curated, places.projector, tmp_path / "models/recognizer", tmp_path / "data/embeddings",
            gans / name, protocol, protocol / f"thresholds/{name}.json",
        )  # fmt: skip
        document = evaluate_experiment(name, artifacts, params.game(name), SETTINGS, CPU)
        write_document(evaluations / f"{name}.json", document)

    def look(**changes):
        settings = SETTINGS.model_copy(update=changes)
        stage = Stage(places, params.model_copy(update={"evaluate": settings}), CPU)
        return json.loads(json.dumps(transfer(stage, contenders, evaluations)))

    return look


def test_every_recognizer_has_its_row_and_says_whether_it_was_trained_against(found):
    documents = found()
    assert list(documents) == ["exp0", "exp1"]
    for document in documents.values():
        seen = {one["name"]: one["seen"] for one in document["recognizers"]}
        assert seen == {"facenet": True, "facenet_twin": False, "box": False, "poor": False}
        for one in document["recognizers"][:3]:
            assert {(at["protocol"], at["metric"]) for at in one["lifts"]} == {
                (protocol, metric)
                for protocol in ("same_photo", "other_photo")
                for metric in ("rank_1", "fnmr")
            }
            assert all(at["lift"]["people"] == 4 for at in one["lifts"])
    numbers = [shown_numbers(document).keys() for document in documents.values()]
    assert numbers[0] == numbers[1]
    assert "transfer/box/fnmr_lift/other_photo" in numbers[0]


def test_nothing_is_reported_of_a_recognizer_that_failed_its_check(found):
    poor = found()["exp0"]["recognizers"][3]
    assert (poor["refused"], poor["lifts"]) == ("poor: no", [])


def test_the_same_recognizer_by_another_name_finds_the_same(found, tmp_path, monkeypatch):
    """What the evaluation found under exp0's head, looking through that head finds again."""
    document = found()["exp0"]
    own = {(at["protocol"], at["metric"]): at for at in document["recognizers"][0]["lifts"]}
    head = PatternRecognizer(seed=0)
    twin = Contender("facenet_twin", "partner", TorchEye(head, CPU), {"passed": True})
    curated, protocol = tmp_path / "data/curated", tmp_path / "data/protocol"
    chosen = calibrate_contender(twin.eye, curated, read_roles(protocol), RATES, 4)
    write_others(protocol, {twin.name: chosen})
    places = Places(curated, tmp_path / "models/projector", tmp_path / "models/gan", protocol)
    again = transfer(Stage(places, tiny_params(), CPU), [twin], tmp_path / "metrics/evaluation")
    torch.manual_seed(0)
    for at in again["exp0"]["recognizers"][1]["lifts"]:
        expected = own[at["protocol"], at["metric"]]
        assert at["lift"] == expected["lift"]
        assert at["design"] == pytest.approx(expected["design"])
        assert at["control"] == pytest.approx(expected["control"])


def test_batches_change_no_digit(found):
    assert found(batch_size=3) == found(batch_size=64)
