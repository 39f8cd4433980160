"""The stage ``report``: the results table in; page, table and figures out, the table printed."""

import json
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import pytest
from PIL import Image
from typer.testing import CliRunner

from stages.report import app
from tests.report.made_results import EXPERIMENTS, write_run

PATHS = {
    "metrics": "metrics",
    "curated": "data/curated",
    "protected": "data/protected",
    "gans": "models/gan",
    "figures": "figures/report",
    "page": "report",
    "table": "metrics/accuracy_table",
    "headline": "metrics/headline.json",
}
ARGUMENTS = [word for name, path in PATHS.items() for word in (f"--{name}", path)]


class Recorder:
    """Keeps what a stage tells tracking."""

    run_id = "parent-run"

    def __init__(self) -> None:
        self.told: list[str] = []

    def metrics(self, values: dict[str, float]) -> None:
        self.told += list(values)

    def table(self, frame: pd.DataFrame, name: str) -> None:
        assert len(frame)
        self.told.append(name)

    def artifact(self, path: Path) -> None:
        assert path.is_file()
        self.told.append(path.name)

    def figure(self, path: Path) -> None:
        self.told.append(path.name)


@pytest.fixture
def recorder(tmp_path, monkeypatch) -> Recorder:
    monkeypatch.chdir(tmp_path)
    write_run(tmp_path)
    recorder = Recorder()

    @contextmanager
    def track(stage: str, params):
        assert (stage, params.people_shown) == ("report", 3)
        yield recorder

    monkeypatch.setattr("faceveil.tracking.run.track", track)
    monkeypatch.setattr("faceveil.tracking.restore.restore_child", lambda name, *_: f"{name}-run")
    return recorder


def test_all_is_written_recorded_and_printed(recorder):
    result = CliRunner().invoke(app, ARGUMENTS)
    assert result.exit_code == 0, result.output
    assert result.stdout.strip() == Path("metrics/accuracy_table.md").read_text().strip()
    assert len(pd.read_csv("metrics/accuracy_table.csv")) == 8
    for name in ("accuracy.png", "lift.png", "people.png"):
        Image.open(Path("figures/report") / name).verify()
        assert name in recorder.told
    page = Path("report/index.html").read_text()
    assert "parent-run" in page
    assert "exp1-run" in page
    cards = [json.loads(path.read_text()) for path in sorted(Path("report/cards").iterdir())]
    assert [card["experiment"] for card in cards] == list(EXPERIMENTS)
    expected = {"results", "accuracy_table", "index.html", "lift_rank_1/dlib/universal",
                "lift_fnmr_at_0.001/facenet.trained.1000/exp3"}  # fmt: skip
    assert expected <= set(recorder.told)
    headline = json.loads(Path("metrics/headline.json").read_text())
    assert list(headline) == list(EXPERIMENTS)
    tracked = {f"{key}/{name}" for name, own in headline.items() for key in own}
    assert "lift_rank_1/mobilefacenet/exp0" in tracked
    assert tracked <= set(recorder.told)


def test_missing_results_are_one_line(recorder):
    Path("metrics/results.parquet").unlink()
    result = CliRunner().invoke(app, ARGUMENTS)
    assert result.exit_code == 1
    assert "results.parquet: no results here; run `dvc repro evaluate` first" in result.stderr
    assert result.stderr.count("\n") == 1
    assert not Path("report").exists()
    assert not Path("metrics/headline.json").exists()


def test_documents_are_filled_from_the_last_run(recorder):
    from stages.update_readme import FIGURES
    from stages.update_readme import app as update

    for path in (Path("README.md"), Path("docs/results.md")):
        path.parent.mkdir(exist_ok=True)
        text = "before\n<!-- results: begin -->\nold\n<!-- results: end -->\nafter\n"
        path.write_text(text)
    for path in map(Path, FIGURES):
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (8, 8)).save(path)
    for _ in range(2):
        result = CliRunner().invoke(update, [])
        assert result.exit_code == 0, result.output
        text = Path("README.md").read_text()
        assert text.startswith(
            "before\n<!-- results: begin -->\nIs the wearer of a design on the cloth ("
        )
        assert text.endswith("<!-- results: end -->\nafter\n")
        assert text.count("| dlib (no design met it) ") == 1
        assert "old" not in text.split()
        assert "## Before every recognizer" in Path("docs/results.md").read_text()
        assert all(Path(target).is_file() for target in FIGURES.values())
