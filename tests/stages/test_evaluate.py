"""The stage ``evaluate``: artifacts in, one JSON out, and nothing on failure."""

import json
from contextlib import contextmanager
from pathlib import Path

import pytest
from ruamel.yaml import YAML
from tests.evaluation.world import SETTINGS, LowerHalf, write_world
from typer.testing import CliRunner

from stages.evaluate import app
from tests.conftest import ROOT

ARGUMENTS = (
    "exp1",
    "data/curated",
    "models/projector",
    "models/recognizer",
    "data/embeddings",
    "models/gan/exp1",
    "data/protocol",
    "data/protocol/thresholds/exp1.json",
    "metrics/evaluation/exp1.json",
)
METRICS = Path(ARGUMENTS[-1])


class Recorder:
    """Keeps what a stage tells tracking."""

    def __init__(self) -> None:
        self.told: dict[str, float] = {}

    def metrics(self, values: dict[str, float]) -> None:
        self.told |= values

    def artifact(self, path: Path) -> None:
        assert path.is_file()


@pytest.fixture
def recorder(tmp_path, monkeypatch) -> Recorder:
    monkeypatch.chdir(tmp_path)
    params = YAML(typ="safe").load(ROOT / "params.yaml")
    YAML().dump(params | {"evaluate": SETTINGS.model_dump()}, Path("params.yaml"))
    recognizer, recorder = write_world(tmp_path), Recorder()

    @contextmanager
    def track(stage: str, params, experiment: str):
        assert (stage, experiment) == ("evaluate", "exp1")
        yield recorder

    monkeypatch.setattr("faceveil.tracking.run.track", track)
    monkeypatch.setattr("faceveil.evaluation.experiment.load_recognizer", lambda _: recognizer)
    monkeypatch.setattr("faceveil.evaluation.projection.load_projector", lambda _: LowerHalf())
    monkeypatch.setenv("FACEVEIL_DEVICE", "cpu")
    return recorder


def test_the_document_is_written_and_tracked(recorder):
    result = CliRunner().invoke(app, ARGUMENTS)
    assert result.exit_code == 0, result.output
    document = json.loads(METRICS.read_text())
    assert document["experiment"] == "exp1"
    numbers = {
        f"{name}/{protocol}/{row}": value[key]
        for row, of_row in document["rows"].items()
        for protocol, value in of_row.items()
        for key, name in {"rank_1": "accuracy"}.items() | {(key, key) for key in value}
        if key in value and (key, name) != ("rank_1", "rank_1")
    }
    assert recorder.told == numbers | {"threshold/0.25": document["thresholds"][0]["threshold"]}
    assert "lift/same_photo/generated_test" in numbers


def test_running_twice_writes_the_same_bytes(recorder):
    CliRunner().invoke(app, ARGUMENTS)
    once = METRICS.read_bytes()
    CliRunner().invoke(app, ARGUMENTS)
    assert METRICS.read_bytes() == once


def test_an_unknown_experiment_is_one_line_and_writes_nothing(recorder):
    result = CliRunner().invoke(app, ("exp17", *ARGUMENTS[1:]))
    assert result.exit_code == 1
    assert result.stderr.startswith("evaluate: params.yaml: no experiment 'exp17'; there are")
    assert not METRICS.exists()


def test_a_missing_generator_is_one_line_and_leaves_the_former_numbers(recorder):
    CliRunner().invoke(app, ARGUMENTS)
    once = METRICS.read_bytes()
    Path("models/gan/exp1/generator.safetensors").unlink()
    result = CliRunner().invoke(app, ARGUMENTS)
    assert result.exit_code == 1
    assert "generator.safetensors: no such weights" in result.stderr
    assert result.stderr.count("\n") == 1
    assert METRICS.read_bytes() == once
