"""Packaged networks: the file that is meant, or one line; and whom they tell apart."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from faceveil.params.errors import FaceveilError
from faceveil.params.recognizers import PACKAGED
from faceveil.recognition import origins, packaged
from faceveil.recognition.network import View
from faceveil.recognition.packaged import NETWORKS, packaged_file, read_packaged
from faceveil.recognition.recognizer import open_recognizer, save_recognizer
from faceveil.store import packaged_file as packaged_file_module
from tests.recognition.packaged_networks import installed, section

CPU = torch.device("cpu")
KEY = "params.yaml: recognizers.judge.weights"


def test_the_settings_know_the_same_networks():
    assert set(NETWORKS) == set(PACKAGED)


@pytest.mark.parametrize("weights", NETWORKS)
def test_a_package_that_is_not_installed_is_one_line(weights, monkeypatch):
    absent = replace(NETWORKS[weights], package="not-installed-anywhere")
    monkeypatch.setitem(packaged.NETWORKS, weights, absent)
    with pytest.raises(FaceveilError) as refusal:
        packaged_file(weights, KEY)
    line = str(refusal.value)
    assert line.startswith(f"{KEY}: '{weights}' is in package not-installed-anywhere ")
    assert "run `uv sync --extra real`" in line
    assert "\n" not in line


def given(monkeypatch, tmp_path, content):
    class Distribution:
        def locate_file(self, file):
            return tmp_path / file

    monkeypatch.setattr(packaged_file_module, "distribution", lambda name: Distribution())
    path = tmp_path / NETWORKS["dlib"].file
    path.parent.mkdir(parents=True)
    if content:
        path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("content", "message"),
    [(None, "is missing; run"), (b"another", "begins with [0-9a-f]{8}, not 55533b28; run")],
)
def test_another_file_is_one_line(monkeypatch, tmp_path, content, message):
    path = given(monkeypatch, tmp_path, content)
    with pytest.raises(FaceveilError, match=message) as refusal:
        packaged_file("dlib", KEY)
    assert str(path) in str(refusal.value)
    assert "face-recognition-models 0.3.0" in str(refusal.value)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("weights", NETWORKS)
def test_it_is_stored_and_opened_like_others(weights, tmp_path):
    installed(weights)
    settings = section(weights)
    view = View(settings.input_size, settings.mean, settings.scale)
    network, origin = read_packaged(weights, KEY, view)
    assert (origin["origin"], origin["origin_sha256"]) == (weights, NETWORKS[weights].sha256)
    named = {"name": "a", "role": "judge", "architecture": settings.architecture}
    about = {"view": view.__dict__, "crop": settings.crop}
    save_recognizer(tmp_path / "a", network, {**named, **about, **origin})
    found = open_recognizer(tmp_path / "a", CPU)
    assert (found.feature_size, found.embedding_size) == (128, 128)
    assert found.card["licence"] in {"Apache-2.0", "CC0-1.0"}
    crops = torch.rand(1, 3, settings.input_size, settings.input_size)
    with torch.no_grad():
        expected = network(crops).numpy()
    assert abs(found.templates(found.see_crops(crops)) - expected).max() < 1e-5


@pytest.mark.real
@pytest.mark.slow
@pytest.mark.parametrize(("weights", "least"), [("sface", 0.985), ("dlib", 0.97)])
def test_it_tells_the_people_of_lfw_apart(real_data: Path, weights, least, monkeypatch):
    installed(weights)
    values = {"check": str(real_data / "lfw"), "check_pairs": 500, "expected_accuracy": 0.98}
    # There are no curated people here; test_origins.py has how they are measured.
    monkeypatch.setattr(origins, "measure_recognizer", lambda *_: {})
    lfw = section(weights, **values)
    check = origins.obtain_recognizer("a", Path("nowhere"), lfw, CPU, print)[1]["check"]
    print(f"LFW, {weights}: {check}")
    assert check["accuracy"] >= least
