"""Evaluations on disk: complete, readable by DVC, refused when they are something else."""

import json

import pytest

from faceveil.evaluation.documents import (
    all_numbers,
    as_document,
    read_documents,
    shown_numbers,
    write_document,
)
from faceveil.evaluation.lift import Lift
from faceveil.evaluation.measure import Measurement
from faceveil.params.errors import FaceveilError


@pytest.fixture
def document(game, settings):
    counts = {"people": 10, "trials": 30, "hits": 6, "rank_1": 0.2, "low": 0.05, "high": 0.5}
    about = {"label": "generated", "designs": 3, "worst": 0.4, "per_design": (0.1, 0.1, 0.4)}
    lifts = {"same_photo": Lift("black", 0.7, 0.5, 0.8), "other_photo": None}
    measured = [
        Measurement(row="generated_test", protocol=protocol, note="", lift=lift, **counts, **about)
        for protocol, lift in lifts.items()
    ]
    return as_document("exp1", game, settings, 50, measured)


def test_round_trip(document, tmp_path):
    write_document(tmp_path / "exp1.json", document)
    (found,) = read_documents(tmp_path, ["exp1"])
    assert found == json.loads(json.dumps(document))
    assert found["measurements"][0]["per_design"] == [0.1, 0.1, 0.4]
    assert found["settings"][0]["designs"] == 3
    assert found["recognizer_learns_from"] == ["generated"]


def test_rates_have_stable_paths_and_are_the_only_numbers_outside_lists(document):
    assert document["rows"]["generated_test"]["same_photo"] == {"rank_1": 0.2, "lift": 0.7}
    assert document["rows"]["generated_test"]["other_photo"] == {"rank_1": 0.2}
    outside = {k: v for k, v in document.items() if not isinstance(v, list)}
    assert set(outside) == {"experiment", "gallery_people", "rows"}


def test_tracked_numbers_name_protocol_and_row(document):
    assert shown_numbers(document) == {
        "accuracy/same_photo/generated_test": 0.2,
        "lift/same_photo/generated_test": 0.7,
        "accuracy/other_photo/generated_test": 0.2,
    }


def test_numbers_of_all_experiments_end_with_the_experiment(document):
    other = document | {"experiment": "exp2", "measurements": document["measurements"][:1]}
    assert all_numbers([document, other]) == {
        "accuracy/same_photo/generated_test/exp1": 0.2,
        "lift/same_photo/generated_test/exp1": 0.7,
        "accuracy/other_photo/generated_test/exp1": 0.2,
        "accuracy/same_photo/generated_test/exp2": 0.2,
        "lift/same_photo/generated_test/exp2": 0.7,
    }


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("not json", "no evaluation"),
        ("[1]", "no evaluation"),
        ('{"experiment": "exp1"}', "no evaluation"),
        ('{"experiment": "exp1", "measurements": []}', "nothing measured"),
        ('{"experiment": "exp2", "measurements": [1]}', "exp2"),
    ],
)
def test_something_else_is_refused(tmp_path, text: str, found: str):
    (tmp_path / "exp1.json").write_text(text)
    with pytest.raises(FaceveilError, match=f"found '{found}', not an evaluation of 'exp1'"):
        read_documents(tmp_path, ["exp1"])


def test_a_missing_evaluation_says_what_to_run(tmp_path):
    with pytest.raises(FaceveilError, match="dvc repro evaluate@exp7"):
        read_documents(tmp_path, ["exp7"])
