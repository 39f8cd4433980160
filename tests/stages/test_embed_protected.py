"""The stage ``embed_protected``: protected photos in, what every recognizer sees of them out."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from faceveil.recognition.recognizer import open_recognizer
from faceveil.store.embeddings import read_embeddings
from faceveil.store.photos import JUDGE, LEARN, open_photos, read_rows
from tests.stages.declared import change_params, enter, files, refused, run, succeed
from tests.stages.worn_world import RECOGNIZERS

ENTRIES = [("embed_protected", "noise"), ("embed_designs", "exp1")]
WORDS = ["subject_id", "image_id", "protection", "variant", "training", "use", "order"]


@pytest.fixture
def at(worn_world, here):
    return lambda stage, name, without="": enter(worn_world, stage, name, without)


def opened(name):
    return open_recognizer(Path("models/recognizers") / name, torch.device("cpu"))


@pytest.mark.parametrize(("stage", "name"), ENTRIES)
def test_every_recognizer_sees_every_photo_and_the_target_alone_learns(at, stage, name):
    at(stage, name)
    [out] = succeed(stage, name)
    assert sorted(path.name for path in out.iterdir()) == sorted(RECOGNIZERS)
    rows = read_rows(Path("data/protected") / name)
    judged = rows[rows["use"] == JUDGE]
    assert (LEARN in set(rows["use"])) == (name == "exp1")
    for recognizer, (role, _) in RECOGNIZERS.items():
        table = read_embeddings(out / recognizer, opened(recognizer).fingerprint)
        wanted = rows if role == "target" else judged
        assert table.rows[WORDS].to_numpy().tolist() == wanted[WORDS].to_numpy().tolist()


def test_every_recognizer_sees_the_photos_that_enroll(at, worn_world):
    at("embed_protected", "noise", without="data/protected")
    shutil.copytree(worn_world / "data/protected/noise", "data/protected/noise")
    place = Path("data/protected/noise/rows.parquet")
    rows = pd.read_parquet(place)
    rows.assign(use="enroll").to_parquet(place, index=False)
    [out] = succeed("embed_protected", "noise")
    for recognizer in RECOGNIZERS:
        assert len(read_embeddings(out / recognizer, opened(recognizer).fingerprint)) == len(rows)


def test_features_are_those_of_the_photo_in_the_same_row(at):
    at("embed_protected", "noise")
    [out] = succeed("embed_protected", "noise")
    recognizer, photos = opened("facenet"), open_photos(Path("data/protected/noise"))
    table = read_embeddings(out / "facenet", recognizer.fingerprint)
    for row in (0, len(photos) - 1):
        seen = recognizer.see(photos.images(np.array([row]))).numpy()
        assert apart(table.features[[row]], seen) < 1e-3
        assert apart(table.embeddings[[row]], recognizer.templates(seen)) < 1e-3
    assert apart(table.features[0], table.features[-1]) > 0.05
    assert apart(table.embeddings[0], table.embeddings[-1]) > 0.05


def apart(one, other):
    """Return by how much numbers differ at most, as a share of the largest of them."""
    return np.abs(one - other).max() / np.abs(other).max()


def test_the_batch_size_changes_no_row(at):
    at("embed_protected", "noise")
    tables = []
    for size in (2, 64):
        change_params(embed={"batch_size": size})
        [out] = succeed("embed_protected", "noise")
        tables.append(read_embeddings(out / "mobilefacenet", opened("mobilefacenet").fingerprint))
    assert tables[0].rows.equals(tables[1].rows)
    assert apart(tables[0].features, tables[1].features) < 1e-3


def test_a_run_that_ends_between_two_recognizers_leaves_nothing(at, monkeypatch):
    at("embed_protected", "noise")
    before, written = files(), []

    def interrupt(folder, *_):
        written.append(folder.name)
        if len(written) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr("faceveil.recognition.embedding.write_embeddings", interrupt)
    assert run("embed_protected", "noise").exit_code == 130
    assert written == ["facenet", "sface"]
    assert files() == before
    assert not any(Path("data/embeddings").iterdir())


@pytest.mark.parametrize(
    ("missing", "line"),
    [
        (
            "data/protected",
            "data/protected/noise: no protected photos here; run `dvc repro protect",
        ),
        (
            "models/recognizers",
            "models/recognizers/facenet/card.json: no such card; run `dvc repro",
        ),
        ("data/curated", "data/curated"),
    ],
)
def test_a_missing_input_is_one_line(at, missing, line):
    at("embed_protected", "noise", without=missing)
    said = refused("embed_protected", "noise")
    assert said.startswith(f"embed_protected: {line}")
    assert "run `dvc repro" in said


def test_one_missing_recognizer_is_named_before_any_looks(at, worn_world):
    at("embed_protected", "noise", without="models/recognizers")
    for name in ("facenet", "dlib", "mobilefacenet"):
        own = Path("models/recognizers", name)
        shutil.copytree(worn_world / own, own)
    said = refused("embed_protected", "noise")
    assert "models/recognizers/sface/card.json: no such card" in said
