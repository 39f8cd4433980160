"""The recognizer's measured accuracy equals a plain loop over photos."""

from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.metrics import roc_auc_score

from faceveil.metrics.intervals import wilson_interval
from faceveil.params.errors import FaceveilError
from faceveil.recognition import recognizer_accuracy
from faceveil.recognition.architectures import build_network
from faceveil.recognition.network import View
from faceveil.recognition.recognizer import Recognizer
from faceveil.recognition.recognizer_accuracy import measure_recognizer
from faceveil.store.faces import open_faces
from tests.packed import write_faces
from tests.recognition.curated_world import faces, write_curated


@pytest.fixture(scope="module")
def curated(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("curated")
    write_curated(folder)
    return folder


@pytest.fixture(scope="module")
def recognizer() -> Recognizer:
    torch.manual_seed(0)
    view = {"input_size": 80, "mean": 127.5, "scale": 128}
    network = build_network("inception_resnet_v1", View(**view))
    card = {"name": "facenet", "role": "target", "view": view, "crop": "frame"}
    return Recognizer(card, network, torch.device("cpu"))


def embedded(recognizer, curated, kind) -> dict[str, np.ndarray]:
    photos = open_faces(curated, kind)
    found = recognizer.templates(recognizer.see(photos.images(range(len(photos)))))
    return dict(zip(photos.rows["subject_id"], found, strict=True))


@pytest.mark.parametrize(
    ("protocol", "kind", "count"),
    [("same_photo_masked", "masked", 6), ("other_photo", "further_unmasked", 5)],
)
def test_it_equals_a_plain_loop(recognizer, curated, protocol, kind, count):
    gallery = embedded(recognizer, curated, "unmasked")
    probes = embedded(recognizer, curated, kind)
    found = [max(gallery, key=lambda g, p=p: gallery[g] @ probes[p]) == p for p in probes]
    pairs = [(g == p, gallery[g] @ probes[p]) for p in probes for g in gallery]
    measured = measure_recognizer(recognizer, curated, batch_size=4)
    assert measured["gallery_people"] == 6
    one = measured[protocol]
    assert (one["hits"], one["probes"]) == (sum(found), count)
    assert one["rank_1"] == sum(found) / count
    assert one["interval"] == list(wilson_interval(sum(found), count))
    assert one["auc"] == pytest.approx(roc_auc_score(*zip(*pairs, strict=True)), abs=0.02)


def test_batch_size_changes_nothing(recognizer, curated):
    one, all_ = (measure_recognizer(recognizer, curated, size) for size in (1, 100))
    assert one["other_photo"]["hits"] == all_["other_photo"]["hits"]


def test_a_protocol_without_probes_is_left_out(recognizer, curated, tmp_path):
    for kind in ("unmasked", "masked"):
        write_faces(tmp_path / kind, open_faces(curated, kind))
    write_faces(tmp_path / "further_unmasked", faces([], []))
    measured = measure_recognizer(recognizer, tmp_path, batch_size=8)
    assert "other_photo" not in measured
    assert set(measured) == {"gallery_people", "same_photo_masked"}


def test_at_most_so_many_people_are_measured(recognizer, curated, monkeypatch):
    monkeypatch.setattr(recognizer_accuracy, "MOST", 3)
    measured = measure_recognizer(recognizer, curated, batch_size=8)
    assert measured["gallery_people"] == measured["other_photo"]["probes"] == 3


def test_one_person_is_refused(recognizer, tmp_path):
    write_curated(tmp_path, people=1)
    with pytest.raises(FaceveilError, match="1 people; a recognizer is measured on 2 or more"):
        measure_recognizer(recognizer, tmp_path, batch_size=8)
