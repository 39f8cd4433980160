"""The stage ``train_generator``: faces and recognizers in, generators, cards and curves out."""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from ruamel.yaml import YAML
from typer.testing import CliRunner

from faceveil.protection.designs.drawn import read_owners
from faceveil.protection.methods.design import Design
from faceveil.protection.textures.files import TEXTURES
from faceveil.protection.textures.generator import WEIGHTS
from faceveil.recognition.recognizer import recognizer_fingerprint
from faceveil.store.coordinates import as_stored
from faceveil.store.embeddings import EmbeddingTable, read_embeddings, write_embeddings
from faceveil.store.faces import COORDINATES, open_faces
from faceveil.store.protocol import UNMASKED_PHOTOS, read_roles
from stages.train_generator import app
from tests.conftest import ROOT
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
    "starts": 2,
    "height": 8,
    "width": 10,
    "latent_size": 4,
    "channels": 2,
    "steps": 2,
    "photos_per_step": 2,
    "photos_to_choose": 3,
    "false_match_rate": 0.5,
    "most_false_matches": 1.0,
    "checkpoint_steps": 1,
    "precision": "float32",
}
MANY = {"designs_per_step": 2, "kept": 3}
OWN = {"conditioned_on": "wearer", "starts": 1}


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
    planes = np.stack([across, across.T / 1.6 + 0.5, np.ones((SIZE, SIZE))]).astype(np.float32)
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
        assert (stage, experiment) == ("train_generator", "varied")
        yield recorder

    monkeypatch.setattr("faceveil.tracking.run.track", track)
    monkeypatch.setenv("FACEVEIL_DEVICE", "cpu")
    monkeypatch.delenv("DVC_ROOT", raising=False)
    settings()
    return recorder


def settings(**changes):
    """Write params.yaml with a short training."""
    params = shipped()
    params["train_generator"] |= SHORT
    params["experiments"]["varied"] = {"method": "generator", "train_generator": changes}
    YAML().dump(params, Path("params.yaml"))


@pytest.mark.slow
@pytest.mark.parametrize("own", [{}, OWN], ids=["latent", "wearer"])
def test_all_outputs_are_written_tracked_and_read_as_designs(recorder, own):
    settings(**(own or MANY))
    result = CliRunner().invoke(app, arguments("varied"))
    assert result.exit_code == 0, result.output
    folder = Path("models/gan/varied")
    bare = Path("data/embeddings/bare")
    owners = read_owners(folder, bare, ["00000", "00001", "00003"])
    assert (owners is None) == (not own)
    design = Design(Design.Settings(), owners)
    design.read(folder, 1)
    assert design.placement == "mask"
    assert design.variants == 6
    assert design.pattern(0, SIZE, 1).shape == (3, 8, 10)
    assert not torch.equal(design.pattern(0, SIZE, 1), design.pattern(3, SIZE, 1))
    card = json.loads((folder / "1/card.json").read_text())
    assert (card["experiment"], card["training"]) == ("varied", 1)
    assert card["trained_against"] == ["facenet"]
    assert card["target"]["name"] == "facenet"
    known = {"people", "masked", "further_masked", "recognizers/facenet", "templates/facenet"}
    assert set(card["inputs"]) == known | ({"features"} if own else set())
    table = pd.read_csv("metrics/training/varied.csv")
    assert table["training"].tolist() == [0, 0, 1, 1]
    assert table["generated_train_accuracy"].between(0, 1).all()
    assert Path("figures/evolution/varied.png").stat().st_size > 1000
    assert [step for step, _ in recorder.told] == [1, 2, 1, 2]
    assert recorder.told[-1][1][0].endswith("/1")
    names = ["card.json", "head.safetensors", WEIGHTS, *([] if own else [TEXTURES])]
    files = [f"{number}/{name}" for number in (0, 1) for name in names]
    assert {*recorder.files} == {"curated", "varied.png", *files}
    assert not list(Path(".scratch").iterdir())


@pytest.mark.slow
@pytest.mark.parametrize("own", [MANY, OWN], ids=["latent", "wearer"])
def test_what_recognizers_saw_of_held_out_people_changes_no_weight(recorder, tmp_path, own):
    settings(trainings=1, **own)
    words = list(arguments("varied"))
    assert CliRunner().invoke(app, words).exit_code == 0
    train, bare = read_roles(Path("data/protocol")).of_role("train"), Path("data/embeddings/bare")
    fingerprint = recognizer_fingerprint(Path("models/recognizers/facenet"))
    for kind in UNMASKED_PHOTOS.values():
        table = read_embeddings(bare / "facenet" / kind, fingerprint)
        others = ~np.isin(table.subject_ids, train)
        assert others.any() or kind != "unmasked"
        altered = np.where(others[:, None], -table.embeddings[:, ::-1], table.embeddings)
        other = EmbeddingTable(table.rows, table.features, altered)
        write_embeddings(tmp_path / "altered/facenet" / kind, other, fingerprint)
    words[words.index(str(bare))] = str(tmp_path / "altered")
    words[words.index("models/gan/varied")] = "again"
    assert CliRunner().invoke(app, words).exit_code == 0
    for file in (WEIGHTS, "card.json"):
        one, other = Path("models/gan/varied/0", file), Path("again/0", file)
        assert one.read_bytes() == other.read_bytes()


def test_too_few_people_for_a_threshold_are_one_line(recorder):
    settings(false_match_rate=0.001)
    result = CliRunner().invoke(app, arguments("varied"))
    assert result.exit_code == 1, result.output
    assert result.stderr.count("\n") == 1
    line = "train_generator.false_match_rate is 0.001, which 3 comparisons of 3 training"
    assert line in result.stderr
    assert not any(Path(output).exists() for output in outputs("varied").values())


@pytest.mark.slow
@pytest.mark.parametrize("own", [MANY, OWN], ids=["latent", "wearer"])
def test_killed_it_goes_on_to_the_same_bytes(recorder, tmp_path, own):
    settings(steps=6, **own)
    whole = CliRunner().invoke(app, arguments("varied"))
    assert whole.exit_code == 0, whole.output
    wanted = [(Path("models/gan/varied") / n / WEIGHTS).read_bytes() for n in "01"]
    path = os.pathsep.join([str(ROOT / "src"), str(ROOT)])
    # One thread, as here: on more, sums come in another order and weights differ by rounding.
    off = {
        "FACEVEIL_TRACKING": "off",
        "MLFLOW_TRACKING_URI": f"sqlite:///{tmp_path}/mlflow.db",
        "OMP_NUM_THREADS": "1",
    }
    words = list(arguments("varied"))
    words[words.index("models/gan/varied")] = "again"
    process = subprocess.Popen(
        [sys.executable, "-m", "stages.train_generator", *words],
        env={**os.environ, "PYTHONPATH": path, **off},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    end = time.monotonic() + 240
    while not list(Path(".scratch").glob("*/checkpoint.safetensors")):
        assert process.poll() is None
        assert time.monotonic() < end
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert list(Path(".scratch").glob("*/checkpoint.safetensors"))
    assert not Path("again").exists()
    again = CliRunner().invoke(app, words)
    assert again.exit_code == 0, again.output
    assert [Path("again", n, WEIGHTS).read_bytes() for n in "01"] == wanted
