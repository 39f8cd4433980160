"""As few photos as make enough pairs; of several faces the certain one in the middle."""

import numpy as np
from PIL import Image

from faceveil.collection import named_photos
from faceveil.collection.named_photos import find_photos, photo_batches


def people(folder, counts):
    for number, count in enumerate(counts):
        (folder / f"Name_{number}").mkdir()
        for photo in range(count):
            (folder / f"Name_{number}" / f"{photo:04d}.jpg").touch()
    (folder / "pairs.txt").touch()
    (folder / "Name_0" / "notes.txt").touch()


def test_as_few_photos_as_make_enough_pairs(tmp_path):
    people(tmp_path, [10, 3, 1])
    # two each make 1 + 1 mated pairs, three 3 + 3, four 6 + 3
    assert [len(find_photos(tmp_path, pairs)) for pairs in (2, 10, 14, 10_000)] == [5, 7, 8, 14]


def test_the_face_is_the_certain_one_nearest_the_middle(monkeypatch):
    boxes = np.array([[0.0, 0, 20, 20], [40, 40, 60, 60], [45, 45, 55, 55]])
    points = np.arange(30, dtype=float).reshape(3, 5, 2)
    faces = named_photos.Faces(boxes, np.array([0.99, 0.95, 0.5]), points)
    place = named_photos._place(faces, np.zeros((100, 200, 3), np.uint8))
    assert place.boxes.tolist() == np.array([[0.2, 0.4, 0.3, 0.6]], np.float32).tolist()
    assert place.points[0, 0].tolist() == np.array([10 / 200, 11 / 100], np.float32).tolist()


def test_damaged_photos_are_left_out(tmp_path):
    people(tmp_path, [3])
    batches = list(photo_batches(find_photos(tmp_path, 2), detects=False))
    assert [batch.subject_ids for batch in batches] == [[]]


def test_no_pair_is_of_one_photo(tmp_path):
    for name, value in (("Ann/1", 50), ("Ann/2", 50), ("Ann/3", 90), ("Bo/1", 50)):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        Image.new("RGB", (40, 40), (value, 0, 0)).save(tmp_path / f"{name}.png")
    (batch,) = photo_batches(find_photos(tmp_path, 10), detects=False)
    assert batch.subject_ids == ["Ann", "Ann"]
