"""The stage ``train_gan``: faces and recognizer in, generators, heads, curves and designs out."""

import json
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import pytest
import torch
from typer.testing import CliRunner

from faceveil.protection.designs.generators import load_generator
from faceveil.recognition.recognizer import recognizer_fingerprint
from stages.train_gan import app
from tests.stages.declared import change_roles
from tests.stages.gan_world import (
    SIZE,
    arguments,
    enter_world,
    outputs,
    save_untrained,
    settings,
    write_world,
)


class Recorder:
    """Keeps what a stage tells tracking."""

    def __init__(self) -> None:
        self.steps: list[int] = []
        self.files: list[str] = []
        self.sheets: list[int] = []
        self.digests: list[str] = []

    def metrics(self, values: dict[str, float], step: int) -> None:
        names = {name.partition("/")[0] for name in values}
        assert {"generator_loss", "clean_face_accuracy"} <= names
        self.steps.append(step)

    def figure(self, path: Path) -> None:
        assert path.is_file()
        self.files.append(path.name)

    def artifact(self, path: Path, folder: str) -> None:
        assert path.is_file()
        assert path.parent.name == folder
        self.files.append(f"{folder}/{path.name}")

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
    settings(trainings=1)
    return recorder


def refused(experiment="exp3"):
    """Run the stage, check that it fails with one line and leaves nothing, and return the line."""
    result = CliRunner().invoke(app, arguments(experiment))
    assert result.exit_code == 1, result.output
    assert result.stderr.count("\n") == 1
    assert not any(Path(output).exists() for output in outputs(experiment).values())
    return result.stderr


@pytest.mark.slow
def test_all_outputs_are_written_and_tracked(recorder):
    settings(trainings=2)
    result = CliRunner().invoke(app, arguments("exp3"))
    assert result.exit_code == 0, result.output
    drawn = [load_generator(Path("models/gan/exp3") / number) for number in ("0", "1")]
    assert drawn[0].image_size == SIZE
    assert not torch.equal(*(generator.net[0].weight for generator in drawn))
    card = json.loads(Path("models/gan/exp3/1/card.json").read_text())
    assert (card["experiment"], card["training"]) == ("exp3", 1)
    assert card["target"] == "facenet"
    assert card["subjects"] == {"trained": 3, "held_out": 1, "enrolled": 4}
    assert set(card["inputs"]) == {
        "recognizers/facenet",
        "embeddings",
        "people",
        "transparency",
    }
    table = pd.read_csv("metrics/training/exp3.csv")
    assert table["training"].tolist() == [0, 0, 1, 1]
    assert table["epoch"].tolist() == [1, 2, 1, 2]
    assert Path("figures/evolution/exp3.png").stat().st_size > 1000
    assert recorder.steps == [1, 2, 1, 2]
    assert recorder.sheets == [0, 1, 2]
    names = ("generator.safetensors", "head.safetensors", "card.json")
    weights = [f"{number}/{name}" for number in (0, 1) for name in names]
    assert recorder.files == ["exp3.png", *sorted(weights), "curves.png"]
    assert recorder.digests == ["curated"]
    assert not list(Path(".scratch").iterdir())


@pytest.mark.slow
def test_an_ensemble_is_trained_against_and_named(recorder):
    assert CliRunner().invoke(app, arguments("exp0")).exit_code == 0
    alone = Path("models/gan/exp0/0/generator.safetensors").read_bytes()
    settings(trainings=1, ensemble=["resnet18"])
    result = CliRunner().invoke(app, arguments("exp0"))
    assert result.exit_code == 0, result.output
    assert Path("models/gan/exp0/0/generator.safetensors").read_bytes() != alone
    card = json.loads(Path("models/gan/exp0/0/card.json").read_text())
    made_by = recognizer_fingerprint(Path("models/recognizers/resnet18"))
    assert card["settings"]["ensemble"] == ["resnet18"]
    assert card["inputs"]["recognizers/resnet18"] == made_by


def test_a_judge_is_not_trained_against(recorder):
    settings(trainings=1, ensemble=["mobilefacenet"])
    assert "allowed are recognizers with role surrogate: sface, resnet18" in refused()


@pytest.mark.slow
def test_a_stage_stopped_before_it_wrote_goes_on_from_its_last_epoch(recorder, monkeypatch):
    settings(trainings=2)

    def interrupt(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("faceveil.protection.designs.state.write_trainings", interrupt)
        stopped = CliRunner().invoke(app, arguments("exp1"))
    assert stopped.exit_code == 130
    assert len(list(Path(".scratch").rglob("*.safetensors"))) == 2
    monkeypatch.setattr("faceveil.protection.designs.mask_gan.train_step", interrupt)
    assert CliRunner().invoke(app, arguments("exp1")).exit_code == 0
    assert not list(Path(".scratch").iterdir())


@pytest.mark.slow
def test_the_first_training_is_that_of_an_experiment_trained_once(recorder):
    assert CliRunner().invoke(app, arguments("exp3")).exit_code == 0
    alone = Path("models/gan/exp3/0/generator.safetensors").read_bytes()
    settings(trainings=3)
    assert CliRunner().invoke(app, arguments("exp3")).exit_code == 0
    found = [
        path.read_bytes() for path in sorted(Path("models/gan/exp3").rglob("gen*.safetensors"))
    ]
    assert found[0] == alone
    assert len(set(found)) == 3


@pytest.mark.slow
def test_people_train_by_their_role_in_the_protocol(recorder):
    assert CliRunner().invoke(app, arguments("exp0")).exit_code == 0
    before = json.loads(Path("models/gan/exp0/0/card.json").read_text())
    change_roles({"00003": "test", "00004": "train"})
    assert CliRunner().invoke(app, arguments("exp0")).exit_code == 0
    after = json.loads(Path("models/gan/exp0/0/card.json").read_text())
    assert after["subjects"] == before["subjects"]  # as many, but others
    assert after["inputs"].pop("people") != before["inputs"].pop("people")
    assert after["inputs"] == before["inputs"]
    assert after["generator_sha256"] != before["generator_sha256"]


def test_an_unknown_experiment_is_refused(recorder):
    assert "no 'exp9' in experiments; there are exp0" in refused("exp9")


def test_embeddings_of_another_recognizer_are_refused(recorder, tmp_path):
    recognizers = Path("models/recognizers")
    world = recognizers.resolve()
    recognizers.unlink()
    recognizers.mkdir()
    (recognizers / "resnet18").symlink_to(world / "resnet18")
    save_untrained(recognizers / "facenet", "target", "inception_resnet_v1", SIZE, seed=1)
    assert "made by recognizer" in refused()


@pytest.mark.parametrize(
    ("missing", "line"),
    [
        ("data/embeddings", "no embeddings here; run `dvc repro embed@facenet`"),
        ("models/recognizers", "no such card; run `dvc repro prepare_recognizer@facenet`"),
        ("data/curated", "no packed faces here"),
        ("data/protocol", "enrollments.csv: no protocol here; run `dvc repro protocol` first"),
        ("data/transparencies", "no transparencies here; run `dvc repro project` first"),
    ],
)
def test_a_missing_input_is_one_line(recorder, missing, line):
    Path(missing).unlink()
    assert line in refused()


def test_an_impossible_setting_is_one_line(recorder):
    settings(learning_rate=-1)
    assert "learning_rate" in refused()
