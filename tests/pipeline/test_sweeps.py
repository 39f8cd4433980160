"""`dvc exp run --temp` with photos and weights of one's own, as docs/data.md says."""

import shutil

import pytest

from tests.conftest import ROOT
from tests.pipeline.conftest import Repository

pytestmark = pytest.mark.slow

PIPELINE = """
stages:
  put_on_masks:
    cmd: cat data/people/Ann_Lee/0001.jpg data/weights/net.onnx > data/masked
    deps: [data/people, data/weights/net.onnx]
    params: [seed]
    outs: [data/masked]
  train:
    cmd: cp data/masked models/gan
    deps: [data/masked]
    params: [steps]
    outs: [models/gan]
"""
"""A stage that reads what somebody put there, and one that reads what the first has made."""


@pytest.fixture(scope="module")
def sweeps(tmp_path_factory):
    """A finished run of a small pipeline, with what git and DVC ignore in this repository."""
    checkout = Repository(tmp_path_factory.mktemp("sweeps"))
    for name in (".gitignore", ".dvcignore", ".dvc/config", ".dvc/.gitignore"):
        (checkout.path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, checkout.path / name)
    weights = ("data/weights/README.md", "data/weights/net.onnx")
    for name in ("data/people/Ann_Lee/0001.jpg", *weights, "models/README.md"):
        (checkout.path / name).parent.mkdir(parents=True, exist_ok=True)
        (checkout.path / name).write_text(name)
    (checkout.path / "dvc.yaml").write_text(PIPELINE)
    (checkout.path / "params.yaml").write_text("seed: 1\nsteps: 1\n")
    checkout.run("git", "init", "-q")
    checkout.commit("Start")
    checkout.run("dvc", "repro")
    checkout.commit("Reproduce")
    return checkout


def test_stages_that_read_nothing_of_it_run_without_it(sweeps):
    refused = sweeps.run("dvc", "exp", "run", "--temp", "-S", "steps=2", check=False)
    assert "data/people" in refused
    sweeps.run("dvc", "exp", "run", "--temp", "--allow-missing", "-n", "missing", "-S", "steps=2")
    assert "missing" in sweeps.run("dvc", "exp", "list")


def test_what_was_added_is_there_for_every_stage(sweeps):
    sweeps.run("dvc", "add", "data/people", "data/weights/net.onnx")
    sweeps.commit("Add data")
    listed = sweeps.run("git", "ls-files")
    assert "data/people.dvc" in listed
    assert "data/weights/net.onnx.dvc" in listed
    sweeps.run("dvc", "exp", "run", "--temp", "-n", "added", "-S", "seed=2")
    assert "added" in sweeps.run("dvc", "exp", "list")
    assert sweeps.run("git", "status", "--porcelain") == ""
