"""The stages ``prepare_partner`` and ``prepare_black_box`` on made-up people."""

import json
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch
from ruamel.yaml import YAML
from typer.testing import CliRunner

from faceveil.recognition import recognizer_check
from faceveil.recognition.black_box import load_black_box
from faceveil.recognition.partner import load_partner
from stages import prepare_black_box, prepare_partner
from tests.conftest import ROOT
from tests.recognition.curated_world import write_curated
from tests.recognition.placed_world import write_places
from tests.recognition.recognizer_sections import black_box, partner

CPU = torch.device("cpu")
PARTNER = ("partner1", "curated", "models/partners/partner1", "metrics/partners/partner1.json")
BLACK_BOX = ("black_box1", "curated", "models/black_boxes/black_box1", "metrics/b.json")


class Recorder:
    """Keeps what a stage tells tracking."""

    def __init__(self) -> None:
        self.told, self.sections, self.files = {}, [], []

    def metrics(self, values, step=0):
        self.told |= {**values, "step": step}

    def artifact(self, path, folder=None):
        assert path.is_file()
        self.files.append(f"{folder}/{path.name}")


def write_params(**values) -> None:
    params = YAML(typ="safe").load(ROOT / "params.yaml")
    params["partners"] = {"partner1": partner(epochs=1, **values).model_dump()}
    params["black_boxes"] = {"black_box1": black_box(epochs=1, **values).model_dump()}
    YAML().dump(params, Path("params.yaml"))


@pytest.fixture
def recorder(tmp_path, monkeypatch) -> Recorder:
    recorder = Recorder()

    @contextmanager
    def track(stage, params, experiment=None):
        recorder.sections.append(stage)
        yield recorder

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("faceveil.tracking.run.track", track)
    monkeypatch.setenv("FACEVEIL_DEVICE", "cpu")
    write_curated(Path("curated"))
    write_places(Path("curated"))
    write_params()
    return recorder


def test_a_partner_is_prepared(recorder):
    result = CliRunner().invoke(prepare_partner.app, PARTNER)
    assert result.exit_code == 0, result.output
    assert load_partner(Path(PARTNER[2])).embed(torch.rand(1, 3, 80, 80)).shape == (1, 128)
    check = json.loads(Path(PARTNER[3]).read_text())
    assert json.loads((Path(PARTNER[2]) / "card.json").read_text())["check"] == check
    assert recorder.told["partner1/check_accuracy"] == check["accuracy"]
    assert "partner1/loss/recognizer" in recorder.told
    assert recorder.sections == ["partners.partner1"]
    assert recorder.files == ["partners/partner1/card.json"]


def test_a_black_box_is_prepared(recorder):
    result = CliRunner().invoke(prepare_black_box.app, BLACK_BOX)
    assert result.exit_code == 0, result.output
    black_box = load_black_box(Path(BLACK_BOX[2]), CPU)
    assert black_box.refusal is None
    assert black_box.card["check"] == json.loads(Path(BLACK_BOX[3]).read_text())
    assert recorder.sections == ["black_boxes.black_box1"]


def test_a_missed_check_is_recorded_and_said_in_one_line(recorder, monkeypatch):
    monkeypatch.setattr(recognizer_check, "verification_accuracy", lambda *_: 0.98)
    write_params(expected_accuracy=1)
    result = CliRunner().invoke(prepare_black_box.app, BLACK_BOX)
    assert result.exit_code == 0, result.output
    check = json.loads(Path(BLACK_BOX[3]).read_text())
    assert not check["passed"]
    assert load_black_box(Path(BLACK_BOX[2]), CPU).refusal is not None
    assert "black_boxes: black_box1: told" in result.output


def test_an_unknown_name_ends_with_one_line_and_no_output(recorder):
    for app, arguments in ((prepare_partner.app, PARTNER), (prepare_black_box.app, BLACK_BOX)):
        result = CliRunner().invoke(app, ("nobody", *arguments[1:]))
        assert result.exit_code == 1
        assert "'nobody'; there are" in result.output
        assert "Traceback" not in result.output
    assert not Path("models").exists()
