"""Who found a face in which worn photo: whose photos are looked at, and what counts as found."""

import numpy as np
import pandas as pd
import pytest
import torch

from faceveil.collection.detection import NO_FACE, Faces
from faceveil.params.errors import FaceveilError
from faceveil.protection import found_faces
from faceveil.protection.found_faces import ABOUT, look_for_faces, read_found, write_found
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
    monkeypatch.setattr(found_faces, "DETECTORS", {"mtcnn": by_brightness, "yunet": everywhere})


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
            "second": (0.9, "test", JUDGE, "1"),
            "jpeg": (0.9, "test", JUDGE, "jpeg"),
            "dev": (0.9, "dev", JUDGE, FLAT),
            "learned": (0.9, "test", LEARN, FLAT),
        },
    )  # fmt: skip
    write_store(tmp_path, "exp0", {"other": (0.8, "test", JUDGE, FLAT)})
    write_store(tmp_path, "enrolled", {"gallery": (0.8, "test", "enroll", FLAT)})
    return tmp_path


@pytest.mark.parametrize("at_once", [1, 2, 64])
def test_held_out_people_are_looked_at_flat_and_in_their_first_draw(stores, monkeypatch, at_once):
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


def test_what_is_written_is_read(stores, tmp_path):
    found = look_for_faces(stores, ["black", "exp0"], ["mtcnn"], LEAST)
    write_found(tmp_path / "found.parquet", found)
    pd.testing.assert_frame_equal(read_found(tmp_path / "found.parquet"), found)


def test_a_missing_or_another_file_is_one_line(tmp_path):
    with pytest.raises(FaceveilError, match="nobody looked for faces; run `dvc repro find_faces`"):
        read_found(tmp_path / "found.parquet")
    pd.DataFrame({"subject_id": ["a"]}).to_parquet(tmp_path / "found.parquet")
    with pytest.raises(FaceveilError, match="expected the columns subject_id, image_id"):
        read_found(tmp_path / "found.parquet")
