"""Evaluations on disk: complete, readable by DVC, refused when they are something else."""

import json

import pytest

from faceveil.evaluation.calibration import Threshold
from faceveil.evaluation.documents import (
    Findings,
    all_numbers,
    as_document,
    as_json,
    read_documents,
    shown_numbers,
    write_document,
)
from faceveil.evaluation.lift import Lift
from faceveil.evaluation.matching import FalseMatches, Fnmr, Rate
from faceveil.evaluation.measure import Measurement
from faceveil.params.errors import FaceveilError


@pytest.fixture
def document(game, settings):
    counts = {"people": 10, "trials": 30, "hits": 6, "rank_1": 0.2, "low": 0.05, "high": 0.5}
    about = {"label": "generated", "designs": 3, "worst": 0.4, "per_design": (0.1, 0.1, 0.4)}
    matching = {"eer": 0.3, "mean_similarity": 0.25, "mated": 30, "nonmated": 1470}
    harm = FalseMatches(0.25, Rate(0.1, 0.0, 0.3), 1, 1, 1.0)
    missed = Fnmr(0.25, 0.4, 0.6, 0.4, 0.8, 0.5, Lift("white", 0.5, 0.4, 0.6, 10))
    unreached = Fnmr(0.01, None, needed=100)
    found = {"same_photo": missed, "other_photo": unreached}
    lifts = {"same_photo": Lift("black", 0.7, 0.5, 0.8, 10), "other_photo": None}
    measured = [
        Measurement(
            row="generated_test", protocol=protocol, note="", lift=lift, rank_5=Rate(0.3, 0.1, 0.6),
            fnmr=(found[protocol],), false_match=harm, cmc=(0.2, 0.3), **counts, **about, **matching
        )
        for protocol, lift in lifts.items()
    ]  # fmt: skip
    thresholds = (Threshold(0.25, 0.4, 90, None), Threshold(0.01, None, 90, 100))
    return as_document("exp1", game, settings, Findings(50, thresholds, measured, [], []))


def test_round_trip(document, tmp_path):
    write_document(tmp_path / "exp1.json", document)
    (found,) = read_documents(tmp_path, ["exp1"])
    assert found == json.loads(json.dumps(document))
    assert found["measurements"][0]["per_design"] == [0.1, 0.1, 0.4]
    assert found["settings"][0]["designs"] == 3
    assert found["recognizer_learns_from"] == ["generated"]


def test_rates_have_stable_paths_and_are_the_only_numbers_outside_lists(document):
    both = {"rank_1": 0.2, "lift": 0.7, "fnmr": 0.6, "fnmr_lift": 0.5}
    assert document["rows"]["generated_test"]["same_photo"] == both
    assert document["rows"]["generated_test"]["other_photo"] == {"rank_1": 0.2}
    outside = {k: v for k, v in document.items() if not isinstance(v, list)}
    assert set(outside) == {"experiment", "gallery_people", "rows"}


def test_a_rate_that_cannot_be_measured_says_what_it_would_take(document):
    (at,) = document["measurements"][1]["fnmr"]
    assert (at["value"], at["needed"]) == (None, 100)


def test_tracked_numbers_name_protocol_and_row(document):
    assert shown_numbers(document) == {
        "threshold/0.25": 0.4,
        "accuracy/same_photo/generated_test": 0.2,
        "lift/same_photo/generated_test": 0.7,
        "fnmr/same_photo/generated_test": 0.6,
        "fnmr_lift/same_photo/generated_test": 0.5,
        "accuracy/other_photo/generated_test": 0.2,
    }


def test_numbers_of_all_experiments_end_with_the_experiment(document):
    other = document | {"experiment": "exp2"}
    numbers = all_numbers([document, other])
    assert numbers["lift/same_photo/generated_test/exp1"] == 0.7
    assert numbers["fnmr/same_photo/generated_test/exp2"] == 0.6
    assert len(numbers) == 2 * len(shown_numbers(document))


def test_a_list_of_numbers_takes_one_line_and_nothing_else_changes(document):
    text = as_json(document)
    assert json.loads(text) == json.loads(json.dumps(document))
    assert '"cmc": [0.2, 0.3]' in text


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
