"""Who found a face in which worn photo: whose photos are looked at, and what counts as found."""

import numpy as np
import pandas as pd
import pytest
import torch

from faceveil.collection.detection import NO_FACE, Faces
from faceveil.protection import found_faces
from faceveil.protection.found_faces import is_found, look_for_faces
from faceveil.store.found_faces import ABOUT
from faceveil.store.photos import FLAT, JUDGE, LEARN, write_photos

SIZE, LEAST = 16, 0.75


def a_face(probability):
    return Faces(np.zeros((1, 4)), np.array([probability]), np.zeros((1, 5, 2)))


def by_brightness(photos):
    """A detector that is as certain as the photo is bright; of black ones it finds none."""
    return [a_face(one.mean() / 255) if one.any() else NO_FACE for one in photos]


def everywhere(photos):
    return [a_face(1.0) for _ in photos]


@pytest.fixture(autouse=True)
def detectors(monkeypatch):
    monkeypatch.setenv("FACEVEIL_WORKERS", "1")
    monkeypatch.setattr(found_faces, "LOOK", {"mtcnn": by_brightness, "yunet": everywhere})


def write_store(folder, name, photos):
    """Photos by id: brightness, role, use, condition."""
    rows = pd.DataFrame(
        [
            {"subject_id": f"p{number}", "image_id": who, "role": role, "kind": "masked",
             "protocol": "same_photo", "protection": name, "variant": number, "training": -1,
             "condition": condition, "order": -1, "use": use}
            for number, (who, (_, role, use, condition)) in enumerate(photos.items())
        ]
    )  # fmt: skip
    images = torch.stack([torch.full((3, SIZE, SIZE), one[0]) for one in photos.values()])
    write_photos(folder / name, rows, SIZE, [images])


@pytest.fixture
def stores(tmp_path):
    write_store(
        tmp_path, "black",
        {
            "seen": (0.9, "test", JUDGE, FLAT),
            "uncertain": (0.7, "test", JUDGE, FLAT),
            "none": (0.0, "test", JUDGE, "0"),
            "fourth": (0.9, "test", JUDGE, "3"),
            "jpeg": (0.9, "test", JUDGE, "jpeg"),
            "dev": (0.9, "dev", JUDGE, FLAT),
            "learned": (0.9, "test", LEARN, FLAT),
        },
    )  # fmt: skip
    write_store(tmp_path, "exp0", {"other": (0.8, "test", JUDGE, FLAT)})
    write_store(tmp_path, "enrolled", {"gallery": (0.8, "test", "enroll", FLAT)})
    return tmp_path


@pytest.mark.parametrize("at_once", [1, 2, 64])
def test_held_out_people_are_looked_at_flat_and_in_three_draws(stores, monkeypatch, at_once):
    monkeypatch.setattr(found_faces, "AT_ONCE", at_once)
    names = ["black", "enrolled", "exp0"]
    found = look_for_faces(stores, names, ["mtcnn", "yunet"], LEAST).set_index("image_id")
    assert found["mtcnn"].to_dict() == {
        "seen": True, "uncertain": False, "none": False, "other": True,
    }  # fmt: skip
    assert found["yunet"].all()
    assert found["condition"].tolist() == [FLAT, FLAT, "0", FLAT]
    assert found["protection"].tolist() == ["black"] * 3 + ["exp0"]


def test_who_does_not_look_has_no_column(stores):
    assert "yunet" not in look_for_faces(stores, ["exp0"], ["mtcnn"], LEAST)
    nobody = look_for_faces(stores, ["enrolled"], ["mtcnn"], LEAST)
    assert list(nobody.columns) == [*ABOUT, "mtcnn"] and not len(nobody)


def test_any_face_that_is_certain_enough_is_one():
    """MTCNN sorts faces of little certainty by size."""
    two = Faces(np.zeros((2, 4)), np.array([0.72, 0.85]), np.zeros((2, 5, 2)))
    assert is_found(two, 0.75) and not is_found(two, 0.9)
    assert not is_found(NO_FACE, 0.0)
