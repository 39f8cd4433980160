"""The stages ``prepare_recognizer`` and ``embed``, one after the other, on made-up people."""

import json
from contextlib import contextmanager
from pathlib import Path

import pytest
from ruamel.yaml import YAML
from typer.testing import CliRunner

from faceveil.recognition.store import recognizer_fingerprint
from faceveil.store.embeddings import read_embeddings
from stages import embed, prepare_recognizer
from tests.conftest import ROOT
from tests.recognition.curated_world import settings, write_curated

PREPARE = ("curated", "models/recognizer", "metrics/recognizer.json")
EMBED = ("curated", "models/recognizer", "embeddings")


class Recorder:
    """Keeps what a stage tells tracking."""

    def __init__(self) -> None:
        self.told = {}

    def metrics(self, values, step=0):
        self.told |= {**values, "step": step}

    def artifact(self, path):
        assert path.is_file()


def write_params(**values) -> None:
    params = YAML(typ="safe").load(ROOT / "params.yaml")
    section = settings(epochs=1, **values).model_dump()
    YAML().dump(params | {"prepare_recognizer": section}, Path("params.yaml"))


@pytest.fixture
def recorder(tmp_path, monkeypatch) -> Recorder:
    recorder = Recorder()

    @contextmanager
    def track(stage, params, experiment=None):
        yield recorder

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("faceveil.tracking.run.track", track)
    monkeypatch.setenv("FACEVEIL_DEVICE", "cpu")
    write_curated(Path("curated"))
    write_params()
    return recorder


def test_prepared_recognizer_embeds_all_kinds(recorder):
    result = CliRunner().invoke(prepare_recognizer.app, PREPARE)
    assert result.exit_code == 0, result.output
    measured = json.loads(Path(PREPARE[2]).read_text())
    card = json.loads(Path("models/recognizer/card.json").read_text())
    assert card["measured"] == measured
    assert recorder.told["other_photo/rank_1"] == measured["other_photo"]["rank_1"]
    assert "loss/recognizer" in recorder.told
    assert CliRunner().invoke(embed.app, EMBED).exit_code == 0
    fingerprint = recognizer_fingerprint(Path("models/recognizer"))
    table = read_embeddings(Path("embeddings"), "masked", fingerprint)
    assert table.image_ids.tolist() == [f"{n:05d}_Mask" for n in range(6)]


def test_absent_weights_end_with_one_line_and_no_output(recorder):
    write_params(weights="absent.pt")
    result = CliRunner().invoke(prepare_recognizer.app, PREPARE)
    assert result.exit_code == 1
    assert "no file 'absent.pt'; allowed: scratch" in result.output
    assert "Traceback" not in result.output
    assert not Path("models").exists()
    assert not Path("metrics").exists()


def test_embedding_without_a_recognizer_ends_with_one_line_and_no_output(recorder):
    result = CliRunner().invoke(embed.app, EMBED)
    assert result.exit_code == 1
    assert result.output.count("\n") == 1
    assert not Path("embeddings").exists()
