"""The stage ``find_faces``: worn photos in, in which of them a face is found out."""

from dataclasses import replace
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from faceveil.collection import yunet
from faceveil.store.found_faces import read_found
from tests.stages.declared import enter, refused, run, succeed


@pytest.fixture
def at(worn_world, here):
    """Noise and one experiment are worn in that world, and nothing else."""

    def entered(without=""):
        enter(worn_world, "find_faces", without=without)
        params = YAML(typ="safe").load(Path("params.yaml"))
        params["protections"] = {"noise": params["protections"]["noise"]}
        params["experiments"] = {"exp1": params["experiments"]["exp1"]}
        params["evaluate"]["plain"] = ["noise"]
        YAML().dump(params, Path("params.yaml"))

    return entered


def test_every_protection_is_looked_at(at):
    at()
    (out,) = succeed("find_faces")
    found = read_found(out)
    assert {"noise", "exp1"} <= set(found["protection"])
    assert set(found["condition"]) == {"", "0"}
    assert not found["mtcnn"].any()  # the world's photos are noise


def test_without_yunet_the_other_looks_and_one_line_says_so(at, monkeypatch):
    at()
    gone = replace(yunet.FILE, package="not-installed-anywhere")
    monkeypatch.setattr(yunet, "FILE", gone)
    result = run("find_faces")
    assert result.exit_code == 0
    assert result.stderr.splitlines()[-1].startswith(
        "find_faces: MTCNN alone looks; for YuNet, run"
    )
    assert "yunet" not in read_found(Path("data/faces_found.parquet"))


def test_missing_photos_are_one_line(at):
    at(without="data/protected")
    assert "noise: no protected photos here; run `dvc repro protect` first" in refused("find_faces")
