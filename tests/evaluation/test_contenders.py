"""What recognizers see, and the thresholds they get."""

import numpy as np
import pytest
import torch

from faceveil.evaluation.calibration import calibrate_facenet, unmasked_features
from faceveil.evaluation.contenders import (
    BlackBoxEye,
    TorchEye,
    calibrate_contender,
    study_gallery_of,
)
from faceveil.recognition.store import recognizer_fingerprint
from faceveil.store.faces import open_faces
from faceveil.store.protocol import STUDY, read_roles
from tests.evaluation.world import PatternRecognizer, write_world

CPU = torch.device("cpu")


@pytest.fixture
def root(tmp_path):
    write_world(tmp_path)
    return tmp_path


@pytest.fixture
def eye():
    return TorchEye(PatternRecognizer(), CPU)


def test_photos_and_stored_features_give_the_same_thresholds(root, eye):
    roles = read_roles(root / "data/protocol")
    made_by = recognizer_fingerprint(root / "models/recognizer")
    stored = unmasked_features(root / "data/embeddings", made_by)
    by_photos = calibrate_contender(eye, root / "data/curated", roles, [0.25], 4)
    by_features = calibrate_facenet(PatternRecognizer(), stored, roles, [0.25])
    assert by_photos.thresholds[0].threshold == pytest.approx(
        by_features.thresholds[0].threshold, abs=2e-4
    )
    assert (by_photos.kind, by_photos.people) == (by_features.kind, by_features.people)


@pytest.mark.parametrize("batch_size", [1, 3, 100])
def test_everybody_of_the_study_is_enrolled_whatever_the_batch(root, eye, batch_size):
    roles = read_roles(root / "data/protocol")
    gallery = study_gallery_of(eye, root / "data/curated", roles, batch_size)
    enrolled = roles.enrollments.loc[roles.enrollments["gallery"] == STUDY, "subject_id"]
    assert gallery.subject_ids.tolist() == sorted(enrolled)
    faces = open_faces(root / "data/curated", "unmasked")
    rows = faces.rows_of(gallery.subject_ids.tolist())
    seen = eye.sight("unmasked")(faces.images(rows), rows)
    np.testing.assert_allclose(np.diag(gallery.similarity(seen)), 1, atol=1e-5)


def test_a_black_box_is_told_where_the_faces_of_these_rows_are(monkeypatch, tmp_path):
    class Box:
        def embed(self, images, places):  # noqa: ARG002
            return np.array(places, dtype=np.float32)[:, None]

        def similarity(self, probes, gallery):
            return -np.abs(probes - gallery.T).astype(np.float64)

    monkeypatch.setattr(
        "faceveil.evaluation.contenders.read_places", lambda folder, kind: np.arange(10) * 10
    )
    eye = BlackBoxEye(Box(), tmp_path)
    seen = eye.sight("masked")(torch.zeros(2, 3, 8, 8), np.array([3, 7]))
    assert seen.tolist() == [[30], [70]]
    assert eye.similarity(seen.numpy(), seen.numpy()).tolist() == [[0, -40], [-40, 0]]
