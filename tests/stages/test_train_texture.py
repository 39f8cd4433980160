"""The stage ``train_texture``: faces and recognizers in, textures, cards and curves out."""

import json
import shutil
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from ruamel.yaml import YAML
from safetensors.torch import load_file
from typer.testing import CliRunner

from faceveil.protection.textures.files import TEXTURES, read_textures
from faceveil.recognition.recognizer import open_recognizer
from faceveil.store.coordinates import as_stored
from faceveil.store.faces import COORDINATES, open_faces
from faceveil.store.weights import HEAD_WEIGHTS
from stages.train_texture import app
from tests.packed import write_faces
from tests.recognition.placed_world import write_places
from tests.stages.gan_world import (
    SIZE,
    arguments,
    enter_world,
    faces,
    outputs,
    shipped,
    write_world,
)

SHORT = {
    "trainings": 2,
    "start": "noise",
    "candidates": 3,
    "optimised": 2,
    "kept": 1,
    "height": 8,
    "width": 10,
    "steps": 2,
    "photos_per_step": 2,
    "photos_to_choose": 3,
    "false_match_rate": 0.5,
    "most_false_matches": 1.0,
    "checkpoint_steps": 1,
    "precision": "float32",
}


class Recorder:
    """Keeps what a stage tells tracking."""

    def __init__(self):
        self.told, self.files = [], []

    def metrics(self, values, step):
        self.told.append((step, sorted(values)))

    def figure(self, path):
        self.files.append(path.name)

    def artifact(self, path, folder):
        self.files.append(f"{folder}/{path.name}")

    def tag(self, key, value):
        assert key and len(value) == 64

    def dataset(self, name, path):
        assert path.is_file()
        self.files.append(name)


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    root = tmp_path_factory.mktemp("world")
    write_world(root)
    curated = root / "data/curated"
    across = np.broadcast_to(np.linspace(-1.4, 1.4, SIZE), (SIZE, SIZE))
    down = np.broadcast_to(np.linspace(-0.4, 1.4, SIZE)[:, None], (SIZE, SIZE))
    planes = np.stack([across, down, np.ones((SIZE, SIZE))]).astype(np.float32)
    for kind in ("masked", "further_masked"):
        count = len(open_faces(curated, kind))
        stored = np.broadcast_to(as_stored(planes), (count, 3, SIZE, SIZE))
        np.save(curated / kind / COORDINATES, np.ascontiguousarray(stored), allow_pickle=False)
    write_faces(curated / "background", faces("further_unmasked"))  # nobody
    write_places(curated)
    return root


@pytest.fixture
def recorder(world, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    enter_world(world, tmp_path)
    recorder = Recorder()

    @contextmanager
    def track(stage, params, experiment):
        assert (stage, experiment) == ("train_texture", "universal")
        yield recorder

    monkeypatch.setattr("faceveil.tracking.run.track", track)
    monkeypatch.setenv("FACEVEIL_DEVICE", "cpu")
    monkeypatch.delenv("DVC_ROOT", raising=False)
    settings()
    return recorder


def settings(**changes):
    """Write params.yaml with a short optimisation."""
    params = shipped()
    params["train_texture"] |= SHORT
    params["experiments"]["universal"] = {"method": "texture", "train_texture": changes}
    YAML().dump(params, Path("params.yaml"))


def refused():
    """Run the stage, check that it fails with one line and leaves nothing, and return the line."""
    result = CliRunner().invoke(app, arguments("universal"))
    assert result.exit_code == 1, result.output
    assert result.stderr.count("\n") == 1
    assert not any(Path(output).exists() for output in outputs("universal").values())
    return result.stderr


@pytest.mark.slow
def test_all_outputs_are_written_and_tracked(recorder):
    result = CliRunner().invoke(app, arguments("universal"))
    assert result.exit_code == 0, result.output
    folder = Path("models/gan/universal")
    first, second = (read_textures(folder / number)[0] for number in ("0", "1"))
    assert first.shape == second.shape == (1, 3, 8, 10)
    assert not torch.equal(first, second)
    card = json.loads((folder / "1/card.json").read_text())
    assert (card["experiment"], card["training"]) == ("universal", 1)
    assert card["trained_against"] == ["facenet"]
    assert set(card["inputs"]) == {
        "people", "masked", "further_masked", "recognizers/facenet", "templates/facenet",
    }  # fmt: skip
    table = pd.read_csv("metrics/training/universal.csv")
    assert table["training"].tolist() == [0, 0, 1, 1]
    assert table["generated_train_accuracy"].between(0, 1).all()
    assert Path("figures/evolution/universal.png").stat().st_size > 1000
    assert [step for step, _ in recorder.told] == [1, 2, 1, 2]
    assert recorder.told[-1][1][0].endswith("/1")
    names = ("card.json", HEAD_WEIGHTS, TEXTURES)
    own = [f"{number}/{name}" for number in (0, 1) for name in names]
    assert recorder.files == ["curated", "universal.png", *own]
    assert not list(Path(".scratch").iterdir())


@pytest.mark.slow
@pytest.mark.parametrize("without_target", [False, True])
def test_surrogates_are_evaded_with_the_target_or_alone(recorder, without_target):
    settings(ensemble=["resnet18"], trainings=1)
    params = YAML(typ="safe").load(Path("params.yaml"))
    params["experiments"]["universal"]["without_target"] = without_target
    YAML().dump(params, Path("params.yaml"))
    result = CliRunner().invoke(app, arguments("universal"))
    assert result.exit_code == 0, result.output
    folder = Path("models/gan/universal/0")
    card = json.loads((folder / "card.json").read_text())
    against = ["resnet18"] if without_target else ["facenet", "resnet18"]
    assert card["trained_against"] == against
    seen = {name.partition("/")[2] for name in card["inputs"] if "recognizers/" in name}
    assert seen == set(against)
    # Textures teach nobody: the head is the target's as it was made, whoever is evaded.
    target = open_recognizer(Path("models/recognizers/facenet"), torch.device("cpu"))
    head = load_file(folder / HEAD_WEIGHTS)
    assert head.keys() == target.head.state_dict().keys()
    assert all(torch.equal(head[name], one) for name, one in target.head.state_dict().items())


def test_a_judge_is_not_evaded(recorder):
    settings(ensemble=["mobilefacenet"])
    assert "train_texture.ensemble of universal names 'mobilefacenet', which is a jud" in refused()


def test_too_few_people_for_a_threshold_are_one_line(recorder):
    settings(false_match_rate=0.001)
    line = refused()
    assert "train_texture.false_match_rate is 0.001, which 3 comparisons of 3 training" in line


def test_steps_that_leave_all_recognizers_out_are_one_line(recorder):
    settings(left_out_per_step=1)
    assert "train_texture.left_out_per_step is 1, but there are 1 recognizers to evade" in refused()


def test_photos_without_coordinates_are_one_line(recorder, world, tmp_path):
    Path("data/curated").unlink()
    shutil.copytree(world / "data/curated", "data/curated")
    Path("data/curated/masked", COORDINATES).unlink()
    assert "no mask coordinates" in refused()
