"""Real faces and real recognizers through `dvc repro`: the same stages, another params.yaml."""

import shutil

import pytest
from ruamel.yaml import YAML

from faceveil.evaluation.results import read_results
from faceveil.params.profiles import merged_text
from faceveil.store.photos import FLAT

pytestmark = [pytest.mark.real, pytest.mark.slow]

HELD_OUT = 40


def settings(real_data) -> dict:
    """A profile: where photos and weights are, and one short training."""
    weights, lfw = real_data / "weights", str(real_data / "lfw")
    return {
        "curate": {"root": "data/root", "people": 120, "spare_people": 121, "test_share": 1 / 3},
        "recognizers": {
            # Whole photos of LFW show faces half as large as the pairs do: little is expected.
            "facenet": {
                "weights": str(weights / "facenet-vggface2-fp16.safetensors"),
                "input_size": 128,
                "check": lfw, "check_pairs": 200, "expected_accuracy": 0.75,
            },
            "embedder": {
                "role": "judge", "weights": str(weights / "mobilefacenet-112.onnx"),
                "architecture": "onnx", "input_size": 112, "mean": 0, "scale": 1,
                "crop": "aligned", "check": lfw, "check_pairs": 200, "expected_accuracy": 0.98,
            },
            "sface": None, "dlib": None, "mobilefacenet": None,
        },
        "train_projector": {"annotations": "difference", "epochs": 1},
        "project": {"transparency": "annotated"},
        "protocol": {"dev_people": 121, "distractors": 0, "training_probes": 20},
        "train_gan": {"trainings": 1, "epochs": 20, "learning_rate": 0.003, "logit_scale": 20.0},
        "experiments": dict.fromkeys(("exp1", "exp2", "exp3", "universal", "varied", "personal")),
        "protect": {"learn_photos": 100, "draws": 0},
        "adapt": {"photos": [100]},
        "protections": {
            "gaiter": None, "surgical": None, "noise": None, "grey": None, "white": None,
            "other_face": None, "blur": None, "grey_region": None,
        },
        "calibrate": {"false_match_rates": [0.01, 0.001]},
        "evaluate": {"plain": ["plain", "black"], "false_match_rate": 0.01},
    }  # fmt: skip


@pytest.fixture(scope="module")
def results(real_data, repository):
    """The table of the whole pipeline on pairs of photos."""
    shutil.copytree(real_data / "masked_pairs", repository.path / "data/root")
    profile = repository.path / "profiles/real.yaml"
    YAML().dump(settings(real_data), profile)
    params = repository.path / "params.yaml"
    params.write_text(merged_text(params, profile))
    repository.run("dvc", "repro", "report")
    return read_results(repository.path / "metrics")


@pytest.fixture(scope="module")
def one(results):
    """Return the one row that is asked for, of held-out people, on the enrolled photo as it is."""

    def find(metric, protection, recognizer="facenet", group="held_out"):
        words = {"metric": metric, "protection": protection, "recognizer": recognizer,
                 "group": group, "condition": FLAT}  # fmt: skip
        rows = results[results["protocol"].isin(["same_photo", ""])]
        for column, word in words.items():
            rows = rows[rows[column] == word]
        assert len(rows) == 1, words
        return rows.iloc[0]

    return find


def test_the_target_knows_people_bare_and_in_plain_masks(one):
    assert one("rank_1", "none")["value"] == 1
    assert one("rank_1", "plain")["value"] >= 0.5


def test_designs_of_a_short_training_hide_more_people_than_the_plain_mask(one):
    """Whether they beat the best plain control takes a longer training than a test has time for."""
    assert one("rank_1", "exp0")["value"] <= one("rank_1", "plain")["value"] - 0.15
    lift = one("lift_rank_1", "exp0")
    assert lift["people"] == HELD_OUT
    assert lift["value"] > 0


def test_the_judge_passed_its_check_and_stands_beside(one):
    """How far designs fool a recognizer that they never met is a finding, and no condition."""
    check = one("check", "none", "embedder", "check")
    assert check["trials"] == 200
    assert check["value"] >= 0.98
    lift = one("lift_rank_1", "exp0", "embedder")
    assert lift["people"] == HELD_OUT
    assert lift["low"] <= lift["value"] <= lift["high"]
