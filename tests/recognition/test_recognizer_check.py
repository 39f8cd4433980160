"""The check tells people apart on bare faces, and only what passes it is reported on."""

import numpy as np
import pytest
import torch
from PIL import Image

from faceveil.collection import named_photos
from faceveil.collection.detection import NO_FACE
from faceveil.metrics.verification import verification_accuracy
from faceveil.params.errors import FaceveilError
from faceveil.recognition.recognizer import Recognizer
from faceveil.recognition.recognizer_check import check_recognizer, draw_pairs
from tests.packed import write_faces
from tests.recognition.curated_world import faces, write_curated
from tests.recognition.placed_world import write_places
from tests.recognition.recognizer_sections import judge as section

CARD = {"name": "test", "view": {"input_size": 32, "mean": 0, "scale": 1}}


def seeing(crop: str, model=None) -> Recognizer:
    """A recognizer that goes by the mean colour: made-up people have one each."""

    def mean_colour(crops):
        return (crops.mean(dim=(2, 3)) - 0.5).numpy()

    return Recognizer({**CARD, "crop": crop}, model or mean_colour, torch.device("cpu"))


@pytest.fixture
def curated(tmp_path):
    write_curated(tmp_path, people=8)
    write_places(tmp_path)
    return tmp_path


@pytest.mark.parametrize("crop", ["frame", "aligned"])
def test_curated_people_are_told_apart(curated, crop):
    found = check_recognizer(seeing(crop), curated, section(expected_accuracy=0.9))
    assert found["accuracy"] >= 0.89
    assert found["passed"]
    assert found["pairs"] == 8
    assert found["people"] == 8
    assert found["photos"] == 15
    assert found["photos_without_face"] == 0
    low, high = found["interval"]
    assert low <= found["accuracy"] <= high


def test_a_recognizer_that_sees_nothing_fails_by_more_than_a_point(curated):
    blind = seeing("frame", lambda crops: np.ones((len(crops), 2), np.float32))
    found = check_recognizer(blind, curated, section(expected_accuracy=0.9))
    assert found["accuracy"] == pytest.approx(0.5)
    assert not found["passed"]
    assert check_recognizer(blind, curated, section(expected_accuracy=0.51))["passed"]
    assert not check_recognizer(blind, curated, section(expected_accuracy=0.52))["passed"]


def test_spare_people_are_asked_where_there_are_any(curated):
    ids = [f"{number:05d}" for number in range(8)]
    for kind, end in (("unmasked", ""), ("further_unmasked", "_1")):
        packed = faces(ids, [name + end for name in ids])
        packed.rows["split"] = ["train"] * 3 + ["spare"] * 5
        write_faces(curated / kind, packed)
    found = check_recognizer(seeing("frame"), curated, section())
    assert (found["people"], found["photos"]) == (5, 10)


def test_pairs_are_seeded_balanced_and_never_twice():
    subjects = np.repeat([f"p{n}" for n in range(20)], 4)
    mated, nonmated = draw_pairs(subjects, 60, section())
    assert (subjects[mated[:, 0]] == subjects[mated[:, 1]]).all()
    assert (subjects[nonmated[:, 0]] != subjects[nonmated[:, 1]]).all()
    for pairs in (mated, nonmated):
        assert len(pairs) == len(np.unique(pairs, axis=0)) == 60
    again = draw_pairs(subjects, 60, section())
    assert np.array_equal(again[0], mated)
    assert np.array_equal(again[1], nonmated)
    assert not np.array_equal(draw_pairs(subjects, 60, section(seed=1))[0], mated)


def test_the_accuracy_is_that_of_the_pairs(curated, monkeypatch):
    told = {}

    def spy(mated, nonmated, folds):
        told.update(mated=mated, nonmated=nonmated, folds=folds)
        return verification_accuracy(mated, nonmated, folds)

    monkeypatch.setattr("faceveil.recognition.recognizer_check.verification_accuracy", spy)
    check_recognizer(seeing("frame"), curated, section(check_pairs=14))
    assert len(told["mated"]) == len(told["nonmated"]) == told["folds"] == 7
    assert told["mated"].min() > 0.95  # one colour each, and it is compared with itself


def test_too_few_pairs_name_the_key(curated):
    with pytest.raises(FaceveilError, match=r"check_pairs is 40, but .* curated make 7 mated and"):
        check_recognizer(seeing("frame"), curated, section(check_pairs=40))


@pytest.fixture
def collection(tmp_path):
    draw = np.random.default_rng(0)
    for person in range(5):
        folder = tmp_path / "named" / f"Person_{person}"
        folder.mkdir(parents=True)
        colour = draw.integers(0, 256, 3)
        for number in range(4):
            pixels = np.clip(colour + draw.normal(0, 10, (60, 50 + number, 3)), 0, 255)
            Image.fromarray(pixels.astype(np.uint8)).save(folder / f"{number}.png")
    return tmp_path / "named"


def test_a_collection_by_person_is_read(collection, tmp_path):
    (collection / "Person_0" / "0.png").write_bytes(b"no photo")
    found = check_recognizer(
        seeing("frame"), tmp_path, section(check=str(collection), check_pairs=12)
    )
    assert found["collection"] == str(collection)
    assert found["accuracy"] == 1
    assert found["people"] == 5
    assert found["photos_without_face"] == 1
    assert found["photos"] == 14  # three photos of each person make enough pairs


def test_photos_without_a_face_are_left_out_and_counted(collection, tmp_path, monkeypatch):
    settings = section(check=str(collection), check_pairs=4)
    with pytest.raises(FaceveilError, match="no face was found in 10 photos"):
        check_recognizer(seeing("aligned"), tmp_path, settings)
    points = np.array([[[18.0, 25], [32, 25], [25, 33], [20, 40], [30, 40]]])
    there = named_photos.Faces(np.array([[10.0, 10, 40, 50]]), np.ones(1), points)

    def all_but_the_first(photos):
        return [NO_FACE, *[there] * (len(photos) - 1)]

    monkeypatch.setattr(named_photos, "detect_faces", all_but_the_first)
    found = check_recognizer(seeing("aligned"), tmp_path, settings)
    assert (found["photos"], found["photos_without_face"]) == (9, 1)


def test_a_missing_collection_is_named(tmp_path):
    with pytest.raises(FaceveilError, match="absent: no such folder; check is 'curated', or"):
        check_recognizer(seeing("frame"), tmp_path, section(check=str(tmp_path / "absent")))
