"""Thresholds: chosen on dev people alone, against a plain loop, frozen in a file."""

import numpy as np
import pytest
from faceveil.evaluation.calibration import (
    OTHERS,
    Calibration,
    Threshold,
    calibrate_facenet,
    choose_thresholds,
    probing_photos,
    read_thresholds,
    unmasked_features,
    write_thresholds,
)
from faceveil.recognition.store import recognizer_fingerprint
from tests.evaluation.world import PatternRecognizer, portraits, write_world

from faceveil.params.errors import FaceveilError
from faceveil.params.protocol import Protocol
from faceveil.store.protocol import DEV, assign_roles

ROLES = Protocol(dev_people=3, distractors=1, training_probes=5, seed=1)


@pytest.mark.parametrize("fmr", [0.1, 0.03, 0.01])
def test_a_plain_loop_counts_no_more_false_matches_than_allowed(fmr):
    rng = np.random.default_rng(1)
    ids = np.array([f"{number:02d}" for number in range(12)])
    similarity = np.round(rng.normal(0.1, 0.2, (12, 12)) + np.eye(12), 6)
    (at,) = choose_thresholds(similarity, ids, ids, [fmr], "further_unmasked", DEV)
    others = [similarity[i, j] for i in range(12) for j in range(12) if i != j]
    assert at.nonmated == len(others) == 132
    assert sum(score >= at.threshold for score in others) <= fmr * 132
    assert sum(score >= at.threshold - 2e-4 for score in others) > int(fmr * 132)
    assert at.needed is None


def test_a_rate_below_one_in_all_comparisons_is_not_reachable():
    ids = np.array(["a", "b", "c"])
    (at,) = choose_thresholds(np.eye(3), ids, ids, [0.001], "further_unmasked", DEV)
    assert at == Threshold(0.001, None, 6, 1000)


def test_only_dev_people_and_photos_without_a_mask_decide(tmp_path):
    recognizer = write_world(tmp_path)
    roles = assign_roles(tmp_path / "data/curated", ROLES)
    made_by = recognizer_fingerprint(tmp_path / "models/recognizer")
    found = calibrate_facenet(
        recognizer, unmasked_features(tmp_path / "data/embeddings", made_by), roles, [0.25]
    )
    dev = roles.enrolled(DEV).tolist()
    templates, probes = (
        recognizer.embed(portraits(dev, noise).images(slice(None))).detach().double().numpy()
        for noise in (0, 2)
    )
    similarity = probes @ templates.T
    others = np.sort([similarity[i, j] for i in range(3) for j in range(3) if i != j])
    assert (found.kind, found.people, found.thresholds[0].nonmated) == ("further_unmasked", 3, 6)
    assert others[-2] < found.thresholds[0].threshold <= others[-1] + 1e-6


def test_without_further_photos_the_enrolled_ones_are_compared_with_one_another(tmp_path):
    write_world(tmp_path, further=False)
    roles = assign_roles(tmp_path / "data/curated", ROLES)
    assert probing_photos(roles) == ("same_photo", "unmasked")
    made_by = recognizer_fingerprint(tmp_path / "models/recognizer")
    stored = unmasked_features(tmp_path / "data/embeddings", made_by)
    found = calibrate_facenet(PatternRecognizer(), stored, roles, [0.25, 0.5])
    # A with B, A with C, B with C: three comparisons and not six.
    assert [at.nonmated for at in found.thresholds] == [3, 3]
    assert [at.needed for at in found.thresholds] == [4, None]


def test_round_trip(tmp_path):
    at = (Threshold(0.01, 0.4321, 200, None), Threshold(0.001, None, 200, 1000))
    other = (Threshold(0.01, 0.5, 200, None),)
    ended = {"exp0": Calibration("unmasked", 15, at)}
    folder = tmp_path / "thresholds"
    write_thresholds(folder, ended, {"box": Calibration("unmasked", 15, other)})
    assert read_thresholds(folder / "exp0.json", "exp0") == at
    assert read_thresholds(folder / OTHERS, "box") == other
    with pytest.raises(FaceveilError, match="no thresholds of 'exp7'; there are those of exp0"):
        read_thresholds(folder / "exp0.json", "exp7")


def test_an_edit_of_one_experiment_leaves_the_files_of_the_others(tmp_path):
    one, other = (Calibration("unmasked", 15, (Threshold(0.01, at, 9, None),)) for at in (0.1, 0.2))
    write_thresholds(tmp_path / "t", {"exp0": one, "exp1": one}, {})
    before = (tmp_path / "t/exp0.json").read_bytes()
    write_thresholds(tmp_path / "t", {"exp0": one, "exp1": other}, {})
    assert (tmp_path / "t/exp0.json").read_bytes() == before
    assert read_thresholds(tmp_path / "t/exp1.json", "exp1") == other.thresholds


@pytest.mark.parametrize(
    "text", ["not json", "[1]", '{"exp0": {}}', '{"exp0": {"thresholds": [1]}}']
)
def test_something_else_is_refused(tmp_path, text):
    (tmp_path / "t.json").write_text(text)
    with pytest.raises(FaceveilError, match=r"t\.json: n"):
        read_thresholds(tmp_path / "t.json", "exp0")
