"""Reading what was measured: whole, or one line that says what to run."""

import json

import pytest

from faceveil.params.errors import FaceveilError
from faceveil.report.contents import read_metrics
from tests.report.documents import EXPERIMENTS, write_metrics


@pytest.fixture
def folder(tmp_path):
    return write_metrics(tmp_path / "metrics")


def refusal(folder) -> str:
    with pytest.raises(FaceveilError) as error:
        read_metrics(folder, EXPERIMENTS)
    assert "\n" not in str(error.value)
    return str(error.value)


def test_everything_is_read_in_the_order_of_the_experiments(folder):
    metrics = read_metrics(folder, EXPERIMENTS)
    assert metrics.experiments == list(EXPERIMENTS) == list(metrics.transfer)
    assert metrics.protocols == ["other_photo", "same_photo"]
    assert metrics.confidence == 0.95
    measured = metrics.evaluations["exp1"].find("generated_test", "same_photo")
    assert measured.rank_1 == pytest.approx(0.07)
    assert measured.fnmr[2].value is None
    assert measured.fnmr[2].needed == 30_000
    assert metrics.strike_back.claim[0].holds is None
    assert metrics.curve("exp0").points[3].k == 1000
    assert metrics.curve("exp9") is None


def test_an_evaluation_without_its_false_match_rate_is_refused(folder):
    path = folder / "evaluation/exp0.json"
    document = json.loads(path.read_text())
    del document["settings"][0]["false_match_rate"]
    path.write_text(json.dumps(document))
    assert "lacks 'false_match_rate' for the accuracy table" in refusal(folder)


def test_stages_that_never_ran_are_left_out(tmp_path):
    metrics = read_metrics(write_metrics(tmp_path, others=False), EXPERIMENTS)
    assert (metrics.transfer, metrics.strike_back) == ({}, None)


@pytest.mark.parametrize(
    ("name", "stage"),
    [
        ("evaluation/exp2", "evaluate@exp2"),
        ("transfer/exp2", "transfer@exp2"),
        ("curation", "curate"),
        ("projector", "train_projector"),
        ("recognizer", "prepare_recognizer"),
    ],
)
def test_a_missing_document_names_its_stage(folder, name, stage):
    (folder / f"{name}.json").unlink()
    message = refusal(folder)
    assert f"{name}.json" in message
    assert f"`dvc repro {stage}` first" in message


@pytest.mark.parametrize("name", ["curation", "strike_back", "transfer/exp1"])
@pytest.mark.parametrize("text", ["{", "[]", "\x00"])
def test_a_damaged_document_names_itself(folder, name, text):
    (folder / f"{name}.json").write_text(text)
    assert f"{name}.json: not a JSON object; run `dvc repro -f" in refusal(folder)


def test_a_wrong_key_is_named(folder):
    path = folder / "transfer/exp1.json"
    document = json.loads(path.read_text())
    del document["recognizers"][0]["lifts"][0]["lift"]["low"]
    path.write_text(json.dumps(document))
    message = refusal(folder)
    assert "transfer/exp1.json" in message
    assert "recognizers.0.lifts.0.lift.low" in message
    assert message.endswith("run `dvc repro -f transfer@exp1`")


def test_a_number_that_is_none_is_refused(folder):
    path = folder / "evaluation/exp0.json"
    path.write_text(path.read_text().replace('"eer": 0.48', '"eer": NaN', 1))
    assert "evaluation/exp0.json" in refusal(folder)


def test_a_document_of_another_experiment_is_refused(folder):
    other = (folder / "transfer/exp0.json").read_text()
    (folder / "transfer/exp1.json").write_text(other)
    assert "found experiment 'exp0', not 'exp1'" in refusal(folder)
