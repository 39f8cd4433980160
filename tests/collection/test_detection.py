"""What MTCNN gives becomes numbers, in any batch, and never an exception."""

import numpy as np
import pytest

from faceveil.collection import detection
from faceveil.collection.detection import NO_FACE, detect_faces
from faceveil.collection.images import read_image, resize


@pytest.fixture(scope="module")
def photo(collection):
    return read_image(collection / "further/00000_1.png")


def test_one_face_with_landmarks_in_order(photo):
    (faces,) = detect_faces([photo])
    assert len(faces) == 1 and faces.probabilities[0] > 0.9
    (left, top, right, bottom), points = faces.boxes[0], faces.landmarks[0]
    assert 0 < left < points[0, 0] < points[1, 0] < right < 128
    assert top < points[:2, 1].mean() < points[2, 1] < points[3:, 1].mean() < bottom
    assert faces.sizes[0] == pytest.approx(np.sqrt((right - left) * (bottom - top)))


def test_sizes_and_empty_photos_may_mix(photo):
    empty = np.full((128, 128, 3), 128, np.uint8)
    mixed = [photo, empty, resize(photo, 160, 160), np.zeros((40, 90, 3), np.uint8)]
    assert [len(faces) for faces in detect_faces(mixed)] == [1, 0, 1, 0]
    assert detect_faces([]) == []


def test_company_in_a_batch_changes_nothing(photo):
    empty = np.full((128, 128, 3), 128, np.uint8)
    alone = detect_faces([photo])[0]
    among = detect_faces([empty, photo[:, ::-1].copy(), photo])[2]
    assert np.allclose(alone.boxes, among.boxes, atol=1e-2)
    assert np.allclose(alone.landmarks, among.landmarks, atol=1e-2)


def test_a_failing_batch_costs_only_the_photo_that_fails(photo, monkeypatch):
    real = detection._detector(13)

    class Fragile:
        def detect(self, photos, landmarks):
            if (photos == 7).all(axis=(1, 2, 3)).any():
                raise RuntimeError("expected a non-empty list of Tensors")
            return real.detect(photos, landmarks=landmarks)

    monkeypatch.setattr(detection, "_detector", lambda least_face: Fragile())
    poison = np.full((128, 128, 3), 7, np.uint8)
    assert [len(faces) for faces in detect_faces([photo, poison, photo])] == [1, 0, 1]


def test_boxes_on_the_same_face_count_once_and_certainty_goes_before_size():
    boxes = [[0, 0, 60, 60], [2, 2, 50, 52], [70, 70, 90, 90], [0, 0, 3, 3]]
    faces = detection._as_faces(boxes, [0.8, 0.99, 0.95, 0.99], np.zeros((4, 5, 2)))
    assert faces.boxes.tolist() == [boxes[1], boxes[2], boxes[3]]
    assert detection._as_faces(None, [None], None) is NO_FACE


def test_a_face_that_reaches_out_is_found_in_the_photo_s_own_pixels(photo):
    (whole,) = detect_faces([photo])
    cut = int(whole.boxes[0, 1] + 0.2 * (whole.boxes[0, 3] - whole.boxes[0, 1]))
    (faces,) = detect_faces([photo[cut:]])
    assert len(faces) == 1 and faces.boxes[0, 1] < 0
    assert np.abs(faces.landmarks[0] + [0, cut] - whole.landmarks[0]).mean() < 8
