"""Real faces and the real recognizer, through the same stages: designs that fool it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from tests.conftest import ROOT

pytestmark = [pytest.mark.real, pytest.mark.slow]

STAGES = {
    "curate": "{pairs} data/curated metrics/curation.json",
    "prepare_recognizer": "data/curated models/recognizer metrics/recognizer.json",
    "embed": "data/curated models/recognizer data/embeddings",
    "train_gan": "exp0 data/curated models/projector models/recognizer data/embeddings "
    "models/gan/exp0 metrics/training/exp0.csv figures/evolution/exp0.png",
    "evaluate": "exp0 data/curated models/projector models/recognizer data/embeddings "
    "models/gan/exp0 metrics/evaluation/exp0.json",
}
"""As in dvc.yaml; masks are pasted on, so that the pairs' difference takes a projector's place."""


def settings(pairs: Path, weights: Path) -> dict:
    """The shipped settings, but for where photos and weights are and how long the game takes."""
    params = YAML(typ="safe").load(ROOT / "params.yaml")
    params["curate"] |= {"root": str(pairs), "image_size": 128, "people": 200}
    params["prepare_recognizer"]["weights"] = str(weights)
    params["train_gan"] |= {
        "transparency": "annotated",
        "epochs": 100,
        "learning_rate": 0.003,
        "logit_scale": 20.0,
        "precision": "bfloat16",  # half the time where the processor has it
        "checkpoint_epochs": 50,
    }
    return params


@pytest.fixture(scope="module")
def rates(real_data, tmp_path_factory) -> dict[str, float]:
    """Rank-1 accuracy of each row, probe photo = gallery photo."""
    folder, pairs = tmp_path_factory.mktemp("real"), real_data / "masked_pairs"
    weights = real_data / "weights" / "facenet-vggface2-fp16.safetensors"
    YAML().dump(settings(pairs, weights), folder / "params.yaml")
    kept = {
        key: value for key, value in os.environ.items() if not key.startswith(("DVC", "MLFLOW"))
    }
    environment = kept | {"PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"}
    for stage, arguments in STAGES.items():
        paths = [word.format(pairs=pairs) for word in arguments.split()]
        command = [sys.executable, "-m", f"stages.{stage}", *paths]
        subprocess.run(command, cwd=folder, env=environment, check=True)
    document = json.loads((folder / "metrics/evaluation/exp0.json").read_text())
    return {row: rate["same_photo"]["rank_1"] for row, rate in document["rows"].items()}


def test_the_recognizer_knows_people_in_plain_masks(rates):
    assert rates["no_mask"] == 1
    assert rates["plain"] >= 0.50


def test_it_does_not_know_them_in_the_designs_learned(rates):
    assert rates["generated_train"] <= 0.08
    assert rates["generated_test"] <= 0.15
