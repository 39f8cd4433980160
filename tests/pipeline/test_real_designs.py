"""Real faces and real recognizers, through the same stages: designs, black box, ensemble."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from tests.conftest import ROOT

pytestmark = [pytest.mark.real, pytest.mark.slow]

GAMES = {"single": {"epochs": 100}, "ensemble": {"epochs": 15, "ensemble": ["partner1"]}}
"""Experiments, and what they change of the game; two recognizers at once take fewer passes here."""

ONCE = {
    "curate": "data/root data/curated metrics/curation.json",
    "prepare_recognizer": "data/curated models/recognizer metrics/recognizer.json",
    "prepare_partner": "partner1 data/curated models/partners/partner1 metrics/partner1.json",
    "prepare_black_box": "black_box1 data/curated models/black_boxes/black_box1 metrics/box.json",
    "embed": "data/curated models/recognizer data/embeddings",
    "protocol": "data/curated data/protocol/enrollments.csv data/protocol/probes.csv",
}
"""As in dvc.yaml; masks are pasted on, so that the pairs' difference takes a projector's place."""

TRAIN = (
    "{name} --curated data/curated --projector models/projector --recognizer models/recognizer "
    "--embeddings data/embeddings --partners models/partners --out models/gan/{name} "
    "--curves metrics/{name}.csv --figure figures/{name}.png"
)
CALIBRATE = (
    "data/curated data/protocol models/recognizer data/embeddings models/gan models/partners "
    "models/black_boxes data/protocol/thresholds"
)
EVALUATE = (
    "{name} data/curated models/projector models/recognizer data/embeddings models/gan/{name} "
    "data/protocol data/protocol/thresholds/{name}.json metrics/evaluation/{name}.json"
)
TRANSFER = (
    "data/curated models/projector models/partners models/black_boxes models/gan data/protocol "
    "metrics/evaluation metrics/transfer"
)


def settings(real_data: Path) -> dict:
    """The shipped settings, but for where photos and weights are and how long the game takes."""
    params = YAML(typ="safe").load(ROOT / "params.yaml")
    weights = real_data / "weights"
    params["curate"] |= {"root": "data/root", "image_size": 128, "people": 200, "spare_people": 41}
    params["prepare_recognizer"]["weights"] = str(weights / "facenet-vggface2-fp16.safetensors")
    params["protocol"] |= {"dev_people": 41, "distractors": 0, "training_probes": 160}
    params["calibrate"]["false_match_rates"] = [0.01, 0.001]
    params["evaluate"]["false_match_rate"] = 0.01
    # The same weights looking at smaller photos: another recognizer, if a related one. Whole photos
    # of LFW show faces half as large as the pairs do, so that little is expected of its check.
    params["partners"]["partner1"] |= {
        "weights": params["prepare_recognizer"]["weights"], "architecture": "facenet",
        "input_size": 96, "check": str(real_data / "lfw"), "check_pairs": 200,
        "expected_accuracy": 0.55,
    }  # fmt: skip
    params["black_boxes"]["black_box1"] |= {
        "weights": str(weights / "mobilefacenet-112.onnx"), "architecture": "onnx",
        "input_size": 112, "mean": 0, "scale": 1, "crop": "aligned", "similarity": "cosine",
        "check": str(real_data / "lfw"), "check_pairs": 2000, "expected_accuracy": 0.99,
    }  # fmt: skip
    params["train_gan"] |= {
        "transparency": "annotated", "learning_rate": 0.003, "logit_scale": 20.0,
        "precision": "bfloat16",  # half the time where the processor has it
        "checkpoint_epochs": 100, "trainings": 1,
    }  # fmt: skip
    params["experiments"] = {
        name: {"recognizer_learns_from": [], "train_gan": changes}
        for name, changes in GAMES.items()
    }
    return params


def run(folder: Path, stage: str, arguments: str) -> None:
    kept = {
        key: value for key, value in os.environ.items() if not key.startswith(("DVC", "MLFLOW"))
    }
    environment = kept | {"PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"}
    command = [sys.executable, "-m", f"stages.{stage}", *arguments.split()]
    subprocess.run(command, cwd=folder, env=environment, check=True)


@pytest.fixture(scope="module")
def folder(real_data, tmp_path_factory) -> Path:
    """All stages run on pairs of photos."""
    folder = tmp_path_factory.mktemp("real")
    root = folder / "data/root"
    shutil.copytree(real_data / "masked_pairs", root)
    YAML().dump(settings(real_data), folder / "params.yaml")
    for stage, arguments in ONCE.items():
        run(folder, stage, arguments)
    for name in GAMES:
        run(folder, "train_gan", TRAIN.format(name=name))
    run(folder, "calibrate", CALIBRATE)
    for name in GAMES:
        run(folder, "evaluate", EVALUATE.format(name=name))
    run(folder, "transfer", TRANSFER)
    return folder


@pytest.fixture(scope="module")
def rates(folder) -> dict[str, float]:
    """Rank-1 accuracy of each row, probe photo = gallery photo, designs of one source."""
    document = json.loads((folder / "metrics/evaluation/single.json").read_text())
    return {row: rate["same_photo"]["rank_1"] for row, rate in document["rows"].items()}


@pytest.fixture(scope="module")
def lifts(folder) -> dict[tuple[str, str], dict]:
    """Lift in rank-1 by experiment and recognizer."""
    found = {}
    for name in GAMES:
        document = json.loads((folder / f"metrics/transfer/{name}.json").read_text())
        for one in document["recognizers"]:
            for lift in one["lifts"]:
                if lift["metric"] == "rank_1":
                    found[name, one["name"]] = {**lift, "seen": one["seen"]}
    return found


def test_the_recognizer_knows_people_in_plain_masks(rates):
    assert rates["no_mask"] == 1
    assert rates["plain"] >= 0.50


def test_it_does_not_know_them_in_the_designs_learned(rates):
    assert rates["generated_train"] <= 0.08
    assert rates["generated_test"] <= 0.15


def test_the_black_box_passed_its_check(folder):
    card = json.loads((folder / "models/black_boxes/black_box1/card.json").read_text())
    assert card["check"]["pairs"] >= 2000
    assert card["check"]["accuracy"] >= 0.98


def test_white_box_and_black_box_stand_side_by_side(lifts):
    """Each lift has its interval over the 40 held-out people; one is seen, the other is not."""
    for name in GAMES:
        white, black = lifts[name, "facenet"], lifts[name, "black_box1"]
        assert (white["seen"], black["seen"]) == (True, False)
        for one in (white, black):
            assert one["lift"]["people"] == 40
            assert one["lift"]["low"] <= one["lift"]["value"] <= one["lift"]["high"]
    assert lifts["single", "facenet"]["lift"]["low"] > 0


def test_one_source_and_two_stand_side_by_side(lifts):
    """Which of them transfers better is a finding, and no condition."""
    single, ensemble = lifts["single", "partner1"], lifts["ensemble", "partner1"]
    assert (single["seen"], ensemble["seen"]) == (False, True)
    for one in (single, ensemble, lifts["ensemble", "black_box1"]):
        assert one["lift"]["low"] <= one["lift"]["value"] <= one["lift"]["high"]
