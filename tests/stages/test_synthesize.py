"""The stage ``synthesize``: settings in, a rendered collection and its contact sheet out."""

from contextlib import contextmanager
from pathlib import Path

import pytest
from ruamel.yaml import YAML
from typer.testing import CliRunner

from stages.synthesize import app
from tests.conftest import ROOT

ARGUMENTS = ("--out", "data/synthetic", "--contact-sheet", "figures/contact_sheet.png")
TINY = {"image_size": 80, "people": 3, "annotated": 1, "background_people": 1,
        "background_photos": 3, "flawed_share": 0.0, "incorrectly_worn_share": 0.0}  # fmt: skip


class Recorder:
    """Keeps what a stage tells tracking."""

    def __init__(self) -> None:
        self.figures: list[Path] = []

    def figure(self, path: Path) -> None:
        assert path.is_file()
        self.figures.append(path)


@pytest.fixture
def recorder(tmp_path, monkeypatch) -> Recorder:
    recorder = Recorder()

    @contextmanager
    def track(stage, params, experiment=None):
        assert stage == "synthesize"
        yield recorder

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("faceveil.tracking.run.track", track)
    monkeypatch.setenv("FACEVEIL_WORKERS", "1")
    return recorder


def write_params(**changes) -> None:
    params = YAML(typ="safe").load(ROOT / "params.yaml")
    params["synthesize"] |= TINY | changes
    YAML().dump(params, Path("params.yaml"))


def test_writes_collection_and_contact_sheet(recorder):
    write_params()
    result = CliRunner().invoke(app, ARGUMENTS)
    assert result.exit_code == 0, result.output
    assert Path("data/synthetic/truth.csv").is_file()
    assert len(list(Path("data/synthetic/unmasked").iterdir())) == 3
    assert recorder.figures == [Path("figures/contact_sheet.png")]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"people": 1}, "people"),
        ({"annotated": 4}, "annotated"),
        ({"peple": 3}, "peple"),
        ({"flawed_share": 1.0, "annotated": 0}, "spoil the photos of all 3"),
    ],
)
def test_wrong_settings_stop_with_one_line_and_write_nothing(recorder, changes, message):
    write_params(**changes)
    result = CliRunner().invoke(app, ARGUMENTS)
    assert result.exit_code == 1
    assert len(result.stderr.strip().splitlines()) == 1 and message in result.stderr
    assert not Path("data").exists() and not Path("figures").exists()


@pytest.mark.parametrize("workers", ["many", "0"])
def test_wrong_worker_counts_are_one_line(recorder, monkeypatch, workers):
    write_params()
    monkeypatch.setenv("FACEVEIL_WORKERS", workers)
    result = CliRunner().invoke(app, ARGUMENTS)
    assert result.exit_code == 1
    assert "FACEVEIL_WORKERS" in result.stderr and workers in result.stderr
    assert not Path("data/synthetic").exists()
