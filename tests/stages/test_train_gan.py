"""The stage ``train_gan``: faces and recognizer in, players, curves and designs out."""

import json
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from ruamel.yaml import YAML
from typer.testing import CliRunner

from faceveil.data.faces import PackedFaces, write_faces
from faceveil.data.weights import fingerprint, write_weights
from faceveil.models.generators import load_generator
from faceveil.models.projector import build_projector
from faceveil.params.embed import Embed
from faceveil.recognition.architectures import build_network
from faceveil.recognition.embedding import embed_curated
from faceveil.recognition.facenet import FaceNet
from faceveil.recognition.network import View
from faceveil.recognition.partner import save_partner
from faceveil.recognition.store import save_recognizer
from stages.train_gan import app
from tests.conftest import ROOT

SIZE = 80
PEOPLE = [f"{number:05d}" for number in (0, 1, 3, 4)]
GAME = {"epochs": 2, "batch_size": 2, "designs_per_batch": 2, "checkpoint_epochs": 1}


def arguments(experiment):
    return (
        experiment,
        "data/curated",
        "models/projector",
        "models/recognizer",
        "data/embeddings",
        "models/partners",
        f"models/gan/{experiment}",
        f"metrics/training/{experiment}.csv",
        f"figures/evolution/{experiment}.png",
    )


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


def faces(kind):
    """Return a noisy photo of each person; masked ones are white below the nose."""
    pixels = np.stack(
        [np.random.default_rng([1, int(s)]).integers(0, 256, (SIZE, SIZE, 3)) for s in PEOPLE]
    ).astype(np.uint8)
    masked, transparency = kind in {"masked", "annotated"}, None
    if masked:
        pixels[:, SIZE // 2 :] = 240
        transparency = np.zeros(pixels.shape[:3], np.uint8)
        transparency[:, SIZE // 2 :] = 255
    rows = pd.DataFrame(
        {
            "subject_id": PEOPLE,
            "image_id": [subject + ("_Mask" if masked else "") for subject in PEOPLE],
            "split": ["train"] * 3 + ["test"],
        }
    )
    count = 0 if kind.startswith("further") else len(PEOPLE)
    cutouts = transparency[:count] if kind == "annotated" else None
    return PackedFaces(pixels[:count], rows.iloc[:count], cutouts)


@pytest.fixture(scope="module")
def world(tmp_path_factory) -> Path:
    """Folders of all earlier stages, with networks that never learned anything."""
    root = tmp_path_factory.mktemp("world")
    for kind in ("unmasked", "masked", "further_unmasked", "further_masked", "annotated"):
        write_faces(root / "data/curated" / kind, faces(kind))
    torch.manual_seed(0)
    save_recognizer(root / "models/recognizer", FaceNet(), {"architecture": "InceptionResnetV1"})
    embed_curated(
        root / "data/curated",
        root / "models/recognizer",
        root / "data/embeddings",
        Embed(batch_size=4, part_size=10),
        torch.device("cpu"),
    )
    card = {"architecture": "plain"}
    write_weights(root / "models/projector/projector.safetensors", build_projector("plain"), card)
    return root


@pytest.fixture
def recorder(world, tmp_path, monkeypatch) -> Recorder:
    monkeypatch.chdir(tmp_path)
    for folder in ("data", "models"):
        Path(folder).mkdir()
    for part in ("data/curated", "data/embeddings", "models/recognizer", "models/projector"):
        Path(part).symlink_to(world / part)
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


def settings(**changes):
    """Write params.yaml with a short game."""
    params = YAML(typ="safe").load(ROOT / "params.yaml")
    params["train_gan"] |= GAME | changes
    YAML().dump(params, Path("params.yaml"))


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
        patch.setattr("faceveil.training.players.write_players", interrupt)
        stopped = CliRunner().invoke(app, arguments("exp1"))
    assert stopped.exit_code == 130
    assert len(list(Path(".scratch").rglob("*.safetensors"))) == 1
    monkeypatch.setattr("faceveil.training.mask_gan.play_round", interrupt)
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
