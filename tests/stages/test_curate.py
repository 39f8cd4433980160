"""The stage ``curate``: a collection and settings in, a folder and its funnel out."""

import json
import shutil
from contextlib import contextmanager
from pathlib import Path

import pytest
from ruamel.yaml import YAML
from typer.testing import CliRunner

from faceveil.collection.index import read_index
from faceveil.params.synthesize import Synthesize
from faceveil.rendering.collection import write_collection
from faceveil.store.faces import KINDS, open_faces
from stages.curate import app
from tests.conftest import ROOT

OPTIONS = {
    "root": "data/synthetic",
    "out": "data/curated",
    "metrics": "metrics/curation.json",
}


class Recorder:
    """Keeps what a stage tells tracking."""

    def __init__(self) -> None:
        self.values: dict[str, float] = {}
        self.files: list[Path] = []

    def metrics(self, values):
        self.values |= values

    def dataset(self, name, path):
        assert name == "curated"
        self.files.append(path)

    def artifact(self, path):
        self.files.append(path)


@pytest.fixture(scope="module")
def collection(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FACEVEIL_WORKERS", "1")
        root = tmp_path_factory.mktemp("rendered") / "synthetic"
        settings = {"seed": 3, "image_size": 96, "people": 5, "further_photos": 0, "annotated": 2,
                    "incorrectly_worn_share": 0.0, "flawed_share": 0.2,
                    "background_people": 1, "background_photos": 1}  # fmt: skip
        write_collection(root, Synthesize(**settings))
    return root


@pytest.fixture
def recorder(collection, tmp_path, monkeypatch) -> Recorder:
    recorder = Recorder()

    @contextmanager
    def track(stage, params, experiment=None):
        assert stage == "curate"
        yield recorder

    shutil.copytree(collection, tmp_path / "data/synthetic")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("faceveil.tracking.run.track", track)
    monkeypatch.setenv("FACEVEIL_WORKERS", "1")
    return recorder


def run(root: str = OPTIONS["root"], **changes):
    params = YAML(typ="safe").load(ROOT / "params.yaml")
    params["curate"] |= {"image_size": 80, "people": 3, "spare_people": 0} | changes
    YAML().dump(params, Path("params.yaml"))
    options = OPTIONS | {"root": root}
    return CliRunner().invoke(
        app, [w for name, path in options.items() for w in (f"--{name}", path)]
    )


def test_writes_folder_and_funnel_and_tells_tracking(recorder):
    result = run()
    assert result.exit_code == 0, result.output
    counts = json.loads(Path("metrics/curation.json").read_text())
    assert counts["people"]["train"] + counts["people"]["test"] == 3
    assert recorder.values["people/train"] == counts["people"]["train"]
    assert recorder.values["score/flaw_recall"] == counts["score"]["flaw_recall"]
    assert recorder.files == [Path("data/curated/index.parquet"), Path("metrics/curation.json")]
    assert len(read_index(Path("data/curated/index.parquet"))) == counts["files"]["found"]
    assert all(open_faces(Path("data/curated"), kind).image_size == 80 for kind in KINDS)


def test_a_second_run_replaces_the_first_by_the_same(recorder):
    assert run().exit_code == 0
    path = Path("data/curated")
    (path / "stale.txt").touch()
    before = {file.name: file.read_bytes() for file in path.iterdir() if file.is_file()}
    assert run().exit_code == 0
    after = {file.name: file.read_bytes() for file in path.iterdir() if file.is_file()}
    assert after == {name: content for name, content in before.items() if name != "stale.txt"}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"people": 40}, "curate.people and curate.spare_people are 40"),
        ({"min_sharpnes": 0.1}, "did you mean 'min_sharpness'?"),
        ({"min_realism": 1.5}, "min_realism"),
    ],
)
def test_wrong_settings_are_one_line_and_leave_nothing(recorder, changes, message):
    result = run(**changes)
    assert result.exit_code == 1
    assert len(result.stderr.strip().splitlines()) == 1 and message in result.stderr
    assert not Path("data/curated").exists() and not Path("metrics").exists()
    assert [path.name for path in Path("data").iterdir()] == ["synthetic"]


def test_a_missing_root_is_one_line(recorder):
    result = run("data/nowhere")
    assert result.exit_code == 1
    assert result.stderr.startswith("curate: data/nowhere: expected the folder of a collection")
    assert result.stderr.count("\n") == 1


def test_an_interrupted_write_leaves_what_was_there(recorder, monkeypatch):
    assert run().exit_code == 0
    before = Path("data/curated/index.parquet").read_bytes()

    def full(*args):
        raise OSError(28, "No space left on device", "data/curated")

    monkeypatch.setattr("faceveil.collection.curate.pack_collection", full)
    result = run(seed=99)
    assert result.exit_code == 1 and "the disk is full" in result.stderr
    assert Path("data/curated/index.parquet").read_bytes() == before
    assert sorted(path.name for path in Path("data").iterdir()) == ["curated", "synthetic"]
