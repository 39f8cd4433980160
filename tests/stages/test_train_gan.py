"""The stage ``train_gan``: faces and recognizer in, players, curves and designs out."""

import json
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import pytest
import torch
from typer.testing import CliRunner

from faceveil.protection.designs.generators import load_generator
from faceveil.recognition.architectures import build_network
from faceveil.recognition.facenet import FaceNet
from faceveil.recognition.network import View
from faceveil.recognition.partner import save_partner
from faceveil.recognition.store import save_recognizer
from faceveil.store.weights import fingerprint
from stages.train_gan import app
from tests.stages.gan_world import SIZE, arguments, enter_world, settings, write_world


class Recorder:
    """Keeps what a stage tells tracking."""

    def __init__(self) -> None:
        self.steps: list[int] = []
        self.files: list[str] = []
        self.sheets: list[int] = []
        self.digests: list[str] = []

    def metrics(self, values: dict[str, float], step: int) -> None:
        assert {"generator_loss", "clean_face_accuracy"} <= values.keys()
        self.steps.append(step)

    def figure(self, path: Path) -> None:
        assert path.is_file()
        self.files.append(path.name)

    def artifact(self, path: Path) -> None:
        assert path.is_file()
        self.files.append(path.name)

    def image(self, path: Path, key: str, step: int) -> None:
        assert path.is_file()
        assert key == "design"
        self.sheets.append(step)

    def tag(self, key: str, value: str) -> None:
        assert key and len(value) == 64

    def dataset(self, name: str, path: Path) -> None:
        assert path.is_file()
        self.digests.append(name)


@pytest.fixture(scope="module")
def world(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("world")
    write_world(root)
    return root


@pytest.fixture
def recorder(world, tmp_path, monkeypatch) -> Recorder:
    monkeypatch.chdir(tmp_path)
    enter_world(world, tmp_path)
    recorder = Recorder()

    @contextmanager
    def track(stage, params, experiment):
        assert stage == "train_gan"
        yield recorder

    monkeypatch.setattr("faceveil.tracking.run.track", track)
    monkeypatch.setenv("FACEVEIL_DEVICE", "cpu")
    monkeypatch.delenv("DVC_ROOT", raising=False)
    settings(transparency="annotated")
    return recorder


def refused(experiment="exp3"):
    """Run the stage, check that it fails with one line and leaves nothing, and return the line."""
    result = CliRunner().invoke(app, arguments(experiment))
    assert result.exit_code == 1, result.output
    assert result.stderr.count("\n") == 1
    assert not any(Path(output).exists() for output in arguments(experiment)[6:])
    return result.stderr


@pytest.mark.parametrize("transparency", ["annotated", "projector"])
def test_all_outputs_are_written_and_tracked(recorder, transparency):
    settings(transparency=transparency)
    result = CliRunner().invoke(app, arguments("exp3"))
    assert result.exit_code == 0, result.output
    assert load_generator(Path("models/gan/exp3")).image_size == SIZE
    card = json.loads(Path("models/gan/exp3/card.json").read_text())
    assert card["trained_against"] == ["facenet"]
    assert card["people"] == {"trained": 3, "held_out": 1, "enrolled": 4}
    assert set(card["inputs"]) == {"recognizer", "embeddings", "transparency"}
    assert pd.read_csv("metrics/training/exp3.csv")["epoch"].tolist() == [1, 2]
    assert Path("figures/evolution/exp3.png").stat().st_size > 1000
    assert recorder.steps == [1, 2]
    assert recorder.sheets == [0, 1, 2]
    weights = ["generator.safetensors", "head.safetensors"]
    assert recorder.files == ["exp3.png", *weights, "card.json", "curves.png"]
    assert recorder.digests == ["curated"]
    assert not list(Path(".scratch").iterdir())


def test_an_ensemble_is_played_against_and_named(recorder):
    assert CliRunner().invoke(app, arguments("exp0")).exit_code == 0
    alone = Path("models/gan/exp0/generator.safetensors").read_bytes()
    settings(transparency="annotated", ensemble=["partner1"])
    torch.manual_seed(1)
    network = build_network("resnet18", View(input_size=32, mean=127.5, scale=128))
    save_partner(Path("models/partners/partner1"), network, {"architecture": "resnet18"})
    result = CliRunner().invoke(app, arguments("exp0"))
    assert result.exit_code == 0, result.output
    assert Path("models/gan/exp0/generator.safetensors").read_bytes() != alone
    card = json.loads(Path("models/gan/exp0/card.json").read_text())
    weights = fingerprint(Path("models/partners/partner1/recognizer.safetensors"))
    assert card["trained_against"] == ["facenet", "partner1"]
    assert card["inputs"]["partners/partner1"] == weights
    assert card["inputs"]["partners/partner1/card"]


def test_a_partner_that_was_never_prepared_is_one_line(recorder):
    settings(transparency="annotated", ensemble=["partner1"])
    assert "models/partners/partner1" in refused()


def test_a_stage_stopped_before_it_wrote_goes_on_from_its_last_epoch(recorder, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("faceveil.protection.designs.state.write_players", interrupt)
        stopped = CliRunner().invoke(app, arguments("exp1"))
    assert stopped.exit_code == 130
    assert len(list(Path(".scratch").rglob("*.safetensors"))) == 1
    monkeypatch.setattr("faceveil.protection.designs.mask_gan.play_round", interrupt)
    assert CliRunner().invoke(app, arguments("exp1")).exit_code == 0
    assert not list(Path(".scratch").iterdir())


def test_an_unknown_experiment_is_refused(recorder):
    assert "no experiment 'exp9'; there are exp0" in refused("exp9")


def test_embeddings_of_another_recognizer_are_refused(recorder):
    Path("models/recognizer").unlink()
    other = FaceNet()
    save_recognizer(Path("models/recognizer"), other, {"architecture": "InceptionResnetV1"})
    assert "made by recognizer" in refused()


@pytest.mark.parametrize(
    ("missing", "line"),
    [
        ("data/embeddings", "no embeddings here; run `dvc repro embed` first"),
        ("models/recognizer", "no such weights"),
        ("data/curated", "no packed faces here"),
    ],
)
def test_a_missing_input_is_one_line(recorder, missing, line):
    Path(missing).unlink()
    assert line in refused()


def test_an_impossible_setting_is_one_line(recorder):
    settings(learning_rate=-1)
    assert "learning_rate" in refused()
