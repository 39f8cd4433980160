"""An experiment judged from artifacts on disk, by the head it ended with."""

import json

import numpy as np
import pytest
import torch

from faceveil.evaluation import experiment as module
from faceveil.evaluation.controls import fill_wardrobe
from faceveil.evaluation.experiment import (
    Artifacts,
    adapted_recognizer,
    evaluate_experiment,
    run_trials,
)
from faceveil.evaluation.rows import ROWS
from faceveil.params.errors import FaceveilError
from faceveil.protection.designs.generators import load_generator
from faceveil.store.weights import read_weights
from faceveil.wearing.composition import wear
from tests.evaluation.world import GAME, PEOPLE, SETTINGS, SPARE, LowerHalf, portraits, write_world

CPU = torch.device("cpu")


@pytest.fixture
def artifacts(tmp_path, monkeypatch):
    return _artifacts(tmp_path, monkeypatch, further=True)


def _artifacts(root, monkeypatch, further: bool) -> Artifacts:
    recognizer = write_world(root, further)
    monkeypatch.setattr(module, "load_recognizer", lambda _: recognizer)
    monkeypatch.setattr("faceveil.evaluation.projection.load_projector", lambda _: LowerHalf())
    places = ("data/curated", "models/projector", "models/recognizer", "data/embeddings")
    protocol = root / "data/protocol"
    thresholds = protocol / "thresholds/exp1.json"
    gan = root / "models/gan/exp1"
    return Artifacts(*(root / place for place in places), gan, protocol, thresholds)


def _evaluated(artifacts: Artifacts, **changes) -> dict:
    settings = SETTINGS.model_copy(update=changes)
    return evaluate_experiment("exp1", artifacts, GAME, settings, CPU)


def test_every_row_is_measured_under_both_protocols(artifacts):
    document = _evaluated(artifacts)
    assert document["gallery_people"] == len(PEOPLE) + 1  # and one distractor
    assert [at["needed"] for at in document["thresholds"]] == [None, 100]
    assert [one["designs"] for one in document["diversity"]] == ["generated", "untrained"]
    assert document["groups"] == []
    keys = {(one["row"], one["protocol"]) for one in document["measurements"]}
    assert keys == {(r.name, p) for r in ROWS for p in ("same_photo", "other_photo")}
    assert document["rows"]["no_mask"]["same_photo"]["rank_1"] == 1
    people = {one["row"]: one["people"] for one in document["measurements"]}
    assert (people["generated_train"], people["generated_test"], people["plain"]) == (5, 4, 9)


def test_batches_change_no_digit(artifacts):
    once, again = (json.dumps(_evaluated(artifacts, batch_size=size)) for size in (3, 64))
    assert once.replace('"batch_size": 3', '"batch_size": 64') == again


def test_without_further_photos_only_the_same_photo_is_reported(tmp_path, monkeypatch):
    document = _evaluated(_artifacts(tmp_path, monkeypatch, further=False))
    assert {one["protocol"] for one in document["measurements"]} == {"same_photo"}


def test_probes_and_gallery_pass_through_the_adapted_head(artifacts):
    adapted = adapted_recognizer(artifacts.recognizer, artifacts.gan, CPU)
    unmasked = portraits(PEOPLE)
    wardrobe = fill_wardrobe(load_generator(artifacts.gan), "mlp", unmasked, SETTINGS)
    gallery, log = run_trials(artifacts, GAME, adapted, wardrobe, SETTINGS)
    trials = log.trials
    assert not set(SPARE) & set(trials["subject_id"])
    assert len(set(gallery.subject_ids) & set(SPARE)) == 1
    recognizer = module.load_recognizer(artifacts.recognizer)
    read_weights(artifacts.gan / "head.safetensors", recognizer.head)
    with torch.inference_mode():
        enrolled = recognizer.embed(portraits(gallery.subject_ids).images(slice(None)))
        probes = portraits(PEOPLE, noise=1)
        faces, grey = probes.images(slice(None)), torch.full((len(PEOPLE), 3, 16, 16), 0.5)
        worn = wear(faces, probes.transparencies(slice(None)), grey)
        best = (recognizer.embed(worn) @ enrolled.T).argmax(dim=1)
        expected = gallery.subject_ids[best.numpy()] == np.array(PEOPLE)
    found = trials[(trials["wears"] == "grey") & (trials["protocol"] == "same_photo")]
    assert found["subject_id"].tolist() == PEOPLE
    np.testing.assert_array_equal(found["hit"], expected)


def test_known_transparencies_are_worn_where_the_game_knows_them(artifacts):
    known = GAME.model_copy(update={"transparency": "annotated"})
    with pytest.raises(FaceveilError, match="annotated: no packed faces here"):
        evaluate_experiment("exp1", artifacts, known, SETTINGS, CPU)


def test_embeddings_of_another_recognizer_are_refused(artifacts):
    path = artifacts.recognizer / "recognizer.safetensors"
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(FaceveilError, match="made by recognizer"):
        _evaluated(artifacts)


def test_a_missing_head_is_one_line(artifacts):
    (artifacts.gan / "head.safetensors").unlink()
    with pytest.raises(FaceveilError, match=r"head\.safetensors: no such weights"):
        _evaluated(artifacts)


def test_missing_thresholds_are_one_line(artifacts):
    artifacts.thresholds.unlink()
    with pytest.raises(FaceveilError, match=r"exp1\.json: no thresholds here; run `dvc repro"):
        _evaluated(artifacts)
