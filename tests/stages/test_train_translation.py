"""The stage ``train_translation``: faces with and without masks in, both directions out."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
from PIL import Image

from faceveil.protection.translation import training
from faceveil.protection.translation.training import take_step
from faceveil.protection.translation.translator import read_translator
from tests.conftest import ROOT
from tests.stages.declared import change_roles, declared, enter, refused, run, succeed
from tests.stages.translated_world import change_unmasking, record

METHODS = {"paired": ("predicted", "known"), "cyclegan": ("predicted", "predicted")}


@pytest.fixture
def told(monkeypatch):
    return record(monkeypatch)


@pytest.fixture
def at(translated_world, here, told):
    return lambda name, without="": enter(translated_world, "train_translation", name, without)


def change(name, **values):
    change_unmasking(f"train_{name}", **values)


@pytest.mark.parametrize("name", METHODS)
def test_both_directions_are_written_with_what_they_are(at, told, translated_world, name):
    at(name)
    out, figure, curves = succeed("train_translation", name)
    assert told == ["metrics", "image", "metrics", "image", "figure"]
    for direction, change_of in zip(("put_on", "take_off"), METHODS[name], strict=True):
        translator, card = read_translator(out, direction)
        assert (translator.change, card["method"]) == (change_of, name)
        assert card["trained_on"] == {"people": 4, "faces": 8}
        path = Path("models/translation") / name / f"{direction}.safetensors"
        assert path.read_bytes() == (translated_world / path).read_bytes()  # again the same
    table = pd.read_csv(curves)
    assert table["epoch"].tolist() == [1, 2]
    assert table.notna().all(axis=None)
    with Image.open(figure) as picture:
        assert picture.width > 100


def test_a_likeness_before_recognizers_is_learned_and_judges_are_refused(at):
    at("paired")
    change("paired", likeness=1.0, before=["facenet", "sface"])
    _, _, curves = succeed("train_translation", "paired")
    assert pd.read_csv(curves)["likeness"].between(0, 2).all()
    change("paired", likeness=1.0, before=["facenet", "dlib"])
    Path("metrics/unmasking/training/paired.csv").unlink()
    said = run("train_translation", "paired").stderr.strip()
    assert said == (
        "train_translation: before names 'dlib', a judge; nothing learns from those that judge, "
        "allowed: facenet, sface"
    )


@pytest.mark.parametrize(
    ("name", "values", "line"),
    [
        ("paired", {"likeness": 1.0}, "likeness is 1 and before names 0 recognizers; give both"),
        ("paired", {"pool": 5}, "unknown key 'train_paired.pool'; allowed: generator"),
        (
            "paired",
            {"generator": {"architecture": "unet", "depth": 6}},
            "photos of 32 x 32 pixels: a unet",
        ),
        ("cyclegan", {"gan_loss": "hinge"}, "gan_loss: input should be 'lsgan', 'vanilla' or"),
    ],
)
def test_wrong_settings_are_one_line(at, name, values, line):
    at(name)
    change(name, **values)
    assert line in refused("train_translation", name)


def test_nobody_in_a_domain_is_one_line(at, translated_world):
    at("paired")
    change_roles(dict.fromkeys([f"{number:05d}" for number in range(4)], "distractor"))
    assert "none of 0 people with role train is there with" in refused(
        "train_translation", "paired"
    )


def test_designs_that_people_who_train_wear_are_learned_from_as_well(at):
    at("paired")
    change("paired", wearing=["exp1"])
    out, _, curves = succeed("train_translation", "paired")
    _, card = read_translator(out, "take_off")
    assert card["trained_on"] == {"people": 4, "faces": 12}  # of 8, 4 in a design
    assert card["settings"]["wearing"] == ["exp1"]
    assert len(pd.read_csv(curves)) == 2


def test_a_design_that_is_no_experiment_is_one_line(at):
    at("paired")
    change("paired", wearing=["plain"])
    assert refused("train_translation", "paired").strip() == (
        "train_translation: pipelines/unmasking/params.yaml: train_paired.wearing of paired: no "
        "experiment 'plain' in params.yaml; take it out, or choose from exp1"
    )


def test_killed_it_goes_on_to_the_same_bytes(at, tmp_path, monkeypatch):
    at("cyclegan")
    change("cyclegan", checkpoint_steps=1, epochs=8)
    words = declared("train_translation", "cyclegan").words
    off = {
        "FACEVEIL_TRACKING": "off",
        "MLFLOW_TRACKING_URI": f"sqlite:///{tmp_path}/mlflow.db",
        "OMP_NUM_THREADS": "1",
        "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)]),
    }
    command = [sys.executable, "-m", "stages.train_translation", *words]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, env={**os.environ, **off}, **quiet) as process:
        end = time.monotonic() + 240
        while not list(Path(".scratch").glob("*/checkpoint.safetensors")):
            assert process.poll() is None
            assert time.monotonic() < end
            time.sleep(0.01)
        process.kill()
    assert list(Path(".scratch").glob("*/checkpoint.safetensors"))
    assert not Path("models/translation/cyclegan").exists()
    taken = []
    monkeypatch.setattr(training, "take_step", lambda *own: taken.append(1) or take_step(*own))
    again, *_ = succeed("train_translation", "cyclegan")
    gone_on = len(taken)
    weights = {path.name: path.read_bytes() for path in again.glob("*.safetensors")}
    assert not list(Path(".scratch").glob("*/checkpoint.safetensors"))
    shutil.rmtree(again)
    taken.clear()
    whole, *_ = succeed("train_translation", "cyclegan")
    assert 0 < gone_on < len(taken)
    assert {path.name: path.read_bytes() for path in whole.glob("*.safetensors")} == weights
