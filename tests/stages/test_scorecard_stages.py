"""The stages ``protocol``, ``calibrate``, ``transfer`` and ``strike_back`` on the tiny world."""

import json
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import pytest
import torch
from faceveil.evaluation.contenders import Contender, TorchEye
from ruamel.yaml import YAML
from tests.evaluation.world import LowerHalf, PatternRecognizer, tiny_params, write_world
from typer.testing import CliRunner

from stages import calibrate, evaluate, protocol, strike_back, transfer

ROLES = "data/protocol"
ARGUMENTS = {
    "protocol": ("data/curated", f"{ROLES}/enrollments.csv", f"{ROLES}/probes.csv"),
    "calibrate": ("data/curated", ROLES, "models/recognizer", "data/embeddings", "models/gan",
                  "models/partners", "models/black_boxes", f"{ROLES}/thresholds"),
    "evaluate": ("exp1", "data/curated", "models/projector", "models/recognizer",
                 "data/embeddings", "models/gan/exp1", ROLES, f"{ROLES}/thresholds/exp1.json",
                 "metrics/evaluation/exp1.json"),
    "transfer": ("data/curated", "models/projector", "models/partners", "models/black_boxes",
                 "models/gan", ROLES, "metrics/evaluation", "metrics/transfer"),
    "strike_back": ("data/curated", "models/projector", "models/recognizer", "data/embeddings",
                    "models/gan", ROLES, "metrics/strike_back.json"),
}  # fmt: skip
APPS = {
    "protocol": protocol.app,
    "calibrate": calibrate.app,
    "evaluate": evaluate.app,
    "transfer": transfer.app,
    "strike_back": strike_back.app,
}
OUTPUTS = {name: Path(arguments[-1]) for name, arguments in ARGUMENTS.items()}
OUTPUTS["calibrate"] = Path(ROLES, "thresholds/exp1.json")
OUTPUTS["transfer"] = Path("metrics/transfer/exp1.json")


class Recorder:
    """Keeps what a stage tells tracking."""

    def __init__(self) -> None:
        self.told: dict[str, float] = {}

    def metrics(self, values: dict[str, float]) -> None:
        self.told |= values

    def artifact(self, path: Path, _folder: str | None = None) -> None:
        assert path.is_file()


@pytest.fixture
def recorder(tmp_path, monkeypatch) -> Recorder:
    monkeypatch.chdir(tmp_path)
    write_world(tmp_path)
    strike = {"photos": [0, 4], "designs": 2, "steps": 2, "batch_size": 4}
    values = tiny_params(**strike).model_dump(mode="json")
    values["experiments"] = {"exp1": values["experiments"]["exp1"]}
    YAML().dump(values, Path("params.yaml"))
    recorder = Recorder()

    @contextmanager
    def track(stage: str, params, experiment: str | None = None):
        assert {"evaluate": "exp1", "calibrate": None}.get(stage, experiment) == experiment
        yield recorder

    cpu = torch.device("cpu")
    box = Contender("box", "black_box", TorchEye(PatternRecognizer(seed=9), cpu), {"passed": True})
    monkeypatch.setattr("faceveil.tracking.run.track", track)
    for module in ("experiment", "strike_back"):
        monkeypatch.setattr(
            f"faceveil.evaluation.{module}.load_recognizer", lambda _: PatternRecognizer()
        )
    monkeypatch.setattr("faceveil.evaluation.projection.load_projector", lambda _: LowerHalf())
    monkeypatch.setattr("faceveil.evaluation.contenders.load_contenders", lambda *_: [box])
    monkeypatch.setenv("FACEVEIL_DEVICE", "cpu")
    return recorder


def run(name: str) -> None:
    result = CliRunner().invoke(APPS[name], ARGUMENTS[name])
    assert result.exit_code == 0, (name, result.output)


def test_one_after_the_other_they_write_the_same_bytes_twice(recorder):
    written = []
    for _ in range(2):
        for name in ARGUMENTS:
            run(name)
        written.append({name: path.read_bytes() for name, path in OUTPUTS.items()})
    assert written[0] == written[1]
    assert recorder.told["enrolled/dev"] == 3
    assert "threshold/0.25" in recorder.told
    assert "transfer/box/rank_1_lift/other_photo" in recorder.told
    assert "strike_back/fnmr_lift/other_photo/exp1/4_photos" in recorder.told


def test_the_protocol_names_every_photo_once_per_protocol(recorder):
    run("protocol")
    probes = pd.read_csv(OUTPUTS["protocol"], dtype=str)
    assert not probes.duplicated(["protocol", "kind", "image_id"]).any()
    assert set(probes["role"]) == {"train", "test", "dev"}


def test_thresholds_say_what_they_were_chosen_on(recorder):
    run("calibrate")
    (chosen,) = json.loads(OUTPUTS["calibrate"].read_text()).values()
    assert (chosen["people"], chosen["kind"]) == (3, "further_unmasked")
    assert [at["nonmated"] for at in chosen["thresholds"]] == [6, 6]
    assert {at["role"] for at in chosen["thresholds"]} == {"dev"}


def test_without_dev_people_training_people_choose_and_every_threshold_says_so(recorder):
    values = YAML(typ="safe").load(Path("params.yaml"))
    values["protocol"]["dev_people"] = 0
    YAML().dump(values, Path("params.yaml"))
    for name in ("protocol", "calibrate", "evaluate", "transfer"):
        run(name)
    (chosen,) = json.loads(OUTPUTS["calibrate"].read_text()).values()
    assert (chosen["people"], chosen["kind"]) == (5, "further_unmasked")
    document = json.loads(OUTPUTS["evaluate"].read_text())
    assert {at["role"] for at in [*chosen["thresholds"], *document["thresholds"]]} == {"train"}


@pytest.mark.parametrize("name", ["calibrate", "evaluate", "transfer", "strike_back"])
def test_a_missing_protocol_is_one_line_and_writes_nothing(recorder, name):
    Path(ROLES, "probes.csv").unlink()
    OUTPUTS[name].unlink(missing_ok=True)
    result = CliRunner().invoke(APPS[name], ARGUMENTS[name])
    assert result.exit_code == 1
    assert "probes.csv: no protocol here; run `dvc repro protocol` first" in result.stderr
    assert result.stderr.count("\n") == 1
    assert not OUTPUTS[name].exists()


def test_too_few_spare_people_are_one_line(recorder):
    values = YAML(typ="safe").load(Path("params.yaml"))
    values["protocol"]["dev_people"] = 40
    YAML().dump(values, Path("params.yaml"))
    result = CliRunner().invoke(APPS["protocol"], ARGUMENTS["protocol"])
    assert result.exit_code == 1
    assert "raise curate.spare_people" in result.stderr
