"""The stage ``put_on_masks``: people's photos in, the same people with masks out."""

import json
from contextlib import contextmanager
from pathlib import Path

import pytest
from ruamel.yaml import YAML
from typer.testing import CliRunner

from stages.put_on_masks import app
from tests.conftest import ROOT
from tests.masks.by_person import write_people

OUTPUTS = (
    "data/masked/people",
    "figures/put_on_masks/people.png",
    "metrics/put_on_masks/people.json",
)
OPTIONS = ("--out", "--contact-sheet", "--metrics")


class Recorder:
    """Keeps what a stage tells tracking."""

    def __init__(self) -> None:
        self.values: dict[str, float] = {}
        self.files: list[Path] = []

    def metrics(self, values):
        self.values |= values

    def figure(self, path):
        self.files.append(path)

    artifact = figure


@pytest.fixture
def recorder(tmp_path, monkeypatch) -> Recorder:
    recorder = Recorder()

    @contextmanager
    def track(stage, params, experiment=None):
        assert stage == "put_on_masks"
        yield recorder

    write_people(tmp_path / "data/people", {"Ann": 2, "Bo": 1})
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("faceveil.tracking.run.track", track)
    monkeypatch.setenv("FACEVEIL_WORKERS", "1")
    return recorder


def run(root: str = "data/people", **changes):
    params = YAML(typ="safe").load(ROOT / "params.yaml")
    params["put_on_masks"] |= changes
    YAML().dump(params, Path("params.yaml"))
    written = (w for pair in zip(OPTIONS, OUTPUTS, strict=True) for w in pair)
    return CliRunner().invoke(app, ["--root", root, *written])


def test_writes_collection_sheet_and_counts_and_tells_tracking(recorder):
    result = run()
    assert result.exit_code == 0, result.output
    assert Path("data/masked/people/further/00000_1_Mask.png").is_file()
    document = json.loads(Path(OUTPUTS[2]).read_text())
    assert document["photos"] == {"found": 3, "masked": 3, "no_face": 0, "unreadable": 0}
    assert document["masked_share"]["value"] == 1
    assert document["masked_share"]["low"] == pytest.approx(0.4385, abs=1e-4)
    assert recorder.values["masked_share/high"] == 1
    assert recorder.files == [Path(path) for path in OUTPUTS[1:]]


def test_fewer_photos_per_person_are_counted_as_left_out(recorder):
    assert run(photos_per_person=1).exit_code == 0
    document = json.loads(Path(OUTPUTS[2]).read_text())
    assert document["photos"]["found"] == 2
    assert {name: n for name, n in document["left_out"].items() if n} == {"beyond_limit": 1}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"photos_per_person": 101}, "photos_per_person"),
        ({"photos_per_person": 0}, "photos_per_person"),
        ({"min_face_probability": 1.5}, "min_face_probability"),
        ({"template": "rendered"}, "did you mean 'templates'?"),
        ({"templates": "data/nowhere"}, "data/nowhere: no such folder; allowed: rendered"),
        ({"collections": ["../lfw"]}, "collections"),
        ({"collections": ["lfw", "lfw"]}, "names a collection twice"),
        ({"collections": ["curated"]}, "the pipeline writes data/curated itself"),
    ],
)
def test_wrong_settings_are_one_line_and_leave_nothing(recorder, changes, message):
    result = run(**changes)
    assert result.exit_code == 1
    assert len(result.stderr.strip().splitlines()) == 1 and message in result.stderr
    assert sorted(path.name for path in Path().iterdir()) == ["data", "params.yaml"]
    assert [path.name for path in Path("data").iterdir()] == ["people"]


def test_a_missing_root_is_one_line(recorder):
    result = run("data/nowhere")
    assert result.exit_code == 1
    assert result.stderr.startswith("put_on_masks: data/nowhere: expected a folder with one folder")
    assert result.stderr.count("\n") == 1
