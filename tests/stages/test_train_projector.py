"""The stage ``train_projector`` on photos with a light blue patch."""

import json
from contextlib import contextmanager
from pathlib import Path

import pytest
from ruamel.yaml import YAML
from typer.testing import CliRunner

from faceveil.wearing.projector import load_projector
from stages import train_projector
from tests.conftest import ROOT
from tests.wearing.masked_world import settings, write_curated

METRICS = Path("metrics/projector.json")
ARGUMENTS = (
    "--curated", "curated", "--out", "models/projector", "--metrics", str(METRICS),
    "--figure", "figures/projector.png",
)  # fmt: skip


class Recorder:
    """Keeps what the stage tells tracking."""

    def __init__(self) -> None:
        self.numbers: dict[str, float] = {}
        self.files: list[str] = []

    def metrics(self, values, step=None):
        self.numbers |= {**values, "step": step}

    def figure(self, path):
        self.files.append(path.name)

    def artifact(self, path):
        self.files.append(path.name)

    def dataset(self, name, path):
        self.files.append(f"{name}: {path.name}")


@pytest.fixture
def recorder(tmp_path, monkeypatch) -> Recorder:
    recorder = Recorder()

    @contextmanager
    def track(stage, params):
        yield recorder

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("faceveil.tracking.run.track", track)
    monkeypatch.setenv("FACEVEIL_DEVICE", "cpu")
    params = YAML(typ="safe").load(ROOT / "params.yaml")
    section = settings(epochs=1).model_dump()
    YAML().dump(params | {"train_projector": section}, Path("params.yaml"))
    return recorder


def test_both_architectures_are_reported_and_the_chosen_one_is_stored(recorder):
    write_curated(Path("curated"))
    result = CliRunner().invoke(train_projector.app, ARGUMENTS)
    assert result.exit_code == 0, result.output
    measured = json.loads(METRICS.read_text())
    assert measured["architecture"] == "unet"
    assert measured["photos"] == {"training": 6, "held_out": 2}
    assert measured["difference_agreement"]["photos"] == 8
    for architecture in ("plain", "unet"):
        assert recorder.numbers[f"{architecture}/iou"] == measured[architecture]["iou"]
        assert f"{architecture}_loss" in recorder.numbers
    assert recorder.files == ["annotated: rows.parquet", "projector.png", "projector.safetensors"]
    assert load_projector(Path("models/projector")).training is False


def test_no_annotated_photos_end_with_one_line_and_no_output(recorder):
    write_curated(Path("curated"), cutouts=0)
    result = CliRunner().invoke(train_projector.app, ARGUMENTS)
    assert result.exit_code == 1
    assert "0 annotated photos" in result.output
    assert "'difference'" in result.output
    assert "Traceback" not in result.output
    assert not Path("models").exists()
    assert not Path("metrics").exists()
    assert not Path("figures").exists()
