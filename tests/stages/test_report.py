"""The stage ``report``: all measurements in; page, table and figures out, the table printed."""

import json
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import pytest
import torch
from PIL import Image
from ruamel.yaml import YAML
from typer.testing import CliRunner

from faceveil.collection.index import INDEX, SCHEMA, write_index
from faceveil.evaluation.accuracy_table import COLUMNS
from faceveil.evaluation.documents import write_document
from faceveil.evaluation.experiment import Artifacts, evaluate_experiment
from stages.report import app
from tests.conftest import ROOT
from tests.evaluation.world import GAME, SETTINGS, LowerHalf, write_world
from tests.report.documents import CURATION, PROJECTOR, RECOGNIZER

ARGUMENTS = (
    "metrics",
    "data/curated",
    "models/projector",
    "models/gan",
    "metrics/accuracy_table",
    "figures/report",
    "report",
)
MEASURED = {"curation": CURATION, "projector": PROJECTOR, "recognizer": RECOGNIZER}
TABLE = Path("metrics/accuracy_table")


class Recorder:
    """Keeps what a stage tells tracking."""

    run_id = "parent-run"

    def __init__(self) -> None:
        self.told: list[str] = []

    def metrics(self, values: dict[str, float]) -> None:
        self.told += list(values)

    def table(self, frame: pd.DataFrame, name: str) -> None:
        assert name != "accuracy_table" or tuple(frame.columns) == COLUMNS
        self.told.append(name)

    def artifact(self, path: Path) -> None:
        assert path.is_file()
        self.told.append(path.name)

    def figure(self, path: Path) -> None:
        self.told.append(path.name)


@pytest.fixture
def recorder(tmp_path, monkeypatch) -> Recorder:
    monkeypatch.chdir(tmp_path)
    recognizer, recorder = write_world(tmp_path), Recorder()

    @contextmanager
    def track(stage: str, params):
        assert stage == "report"
        yield recorder

    monkeypatch.setattr("faceveil.tracking.run.track", track)
    monkeypatch.setattr("faceveil.tracking.restore.restore_child", lambda name, *_: f"{name}-run")
    monkeypatch.setattr("faceveil.evaluation.experiment.load_recognizer", lambda _: recognizer)
    monkeypatch.setattr("faceveil.evaluation.projection.load_projector", lambda _: LowerHalf())
    params = YAML(typ="safe").load(ROOT / "params.yaml")
    games = {f"exp{number}": params["experiments"][f"exp{number}"] for number in (0, 1)}
    changed = {
        "experiments": games,
        "evaluate": SETTINGS.model_dump(),
        "report": {"people_shown": 3},
    }
    YAML().dump(params | changed, Path("params.yaml"))
    places = map(Path, ("data/curated", "models/projector", "models/recognizer", "data/embeddings"))
    write_index(Path("data/curated") / INDEX, pd.DataFrame(columns=SCHEMA.names))
    for name in ("curation", "projector", "recognizer"):
        _write(Path("metrics") / f"{name}.json", MEASURED[name])
    for name, artifacts in _artifacts(*places).items():
        document = evaluate_experiment(name, artifacts, GAME, SETTINGS, torch.device("cpu"))
        write_document(Path("metrics/evaluation") / f"{name}.json", document)
    return recorder


def _write(path: Path, document: dict) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(document))


def _artifacts(*places: Path) -> dict[str, Artifacts]:
    roles = Path("data/protocol")
    return {
        name: Artifacts(
            *places, Path("models/gan") / name, roles, roles / "thresholds" / f"{name}.json"
        )
        for name in ("exp0", "exp1")
    }


def test_table_and_figures_are_written_tracked_and_printed(recorder):
    result = CliRunner().invoke(app, ARGUMENTS)
    assert result.exit_code == 0, result.output
    assert result.stdout.strip() == TABLE.with_suffix(".md").read_text().strip()
    table = pd.read_csv(TABLE.with_suffix(".csv"))
    assert set(table["experiment"]) == {"exp0", "exp1"}
    pictures = sorted(path.name for path in Path("figures/report").iterdir())
    assert pictures == ["accuracy.png", "lift.png", "people.png"]
    for name in pictures:
        Image.open(Path("figures/report") / name).verify()
    assert {"accuracy_table", "accuracy.png", "people.png"} <= set(recorder.told)
    assert "accuracy/other_photo/generated_test/exp1" in recorder.told


def test_the_page_is_written_with_its_cards_and_recorded(recorder):
    result = CliRunner().invoke(app, ARGUMENTS)
    assert result.exit_code == 0, result.output
    page = Path("report/index.html").read_text()
    for said in ("parent-run", "exp1-run", "recognizer_learns_from", "held out"):
        assert said in page
    cards = sorted(path.name for path in Path("report/cards").iterdir())
    assert cards == ["exp0.json", "exp1.json", "schema.json"]
    assert "index.html" in recorder.told
    once = {path: path.read_bytes() for path in Path("report").rglob("*.*")}
    CliRunner().invoke(app, ARGUMENTS)
    assert {path: path.read_bytes() for path in once} == once


def test_a_missing_evaluation_is_one_line_and_leaves_the_former_report(recorder):
    CliRunner().invoke(app, ARGUMENTS)
    before = {path: path.read_bytes() for path in sorted(Path("metrics").glob("accuracy_table.*"))}
    Path("metrics/evaluation/exp1.json").unlink()
    result = CliRunner().invoke(app, ARGUMENTS)
    assert result.exit_code == 1
    assert "exp1.json: no evaluation; run `dvc repro evaluate@exp1` first" in result.stderr
    assert Path("report/index.html").is_file()
    assert result.stderr.count("\n") == 1
    assert {path: path.read_bytes() for path in before} == before
