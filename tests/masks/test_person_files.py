"""Photos of one person: which one stands for the person, and what becomes of each."""

import numpy as np
import pytest
from PIL import Image

from faceveil.masks.originals import PersonFolder
from faceveil.masks.person_files import FOLDERS, FoundPhoto, find_faces, name_photos, write_person
from faceveil.masks.placing import Face, over, put_on
from faceveil.masks.templates import open_templates
from faceveil.params.errors import FaceveilError
from tests.masks.by_person import PARAMS, photo_of, write_people

FACE = Face(np.zeros(4), np.zeros((5, 2)))
WARDROBE = open_templates("rendered", 3)


def shot(name, face=True, alone=True, unreadable=""):
    return FoundPhoto(name, unreadable, FACE if face else None, face and alone)


@pytest.mark.parametrize(
    ("shots", "main"),
    [
        ([shot("a"), shot("b")], "a"),
        ([shot("b"), shot("a")], "a"),
        ([shot("a", face=False), shot("b")], "b"),
        ([shot("a", alone=False), shot("b")], "b"),
        ([shot("a", face=False), shot("b", alone=False)], "b"),
        ([shot("a", face=False), shot("b", face=False)], "a"),
        ([shot("a", face=False, unreadable="empty_file"), shot("b")], "b"),
    ],
)
def test_the_first_photo_that_will_do_stands_for_the_person(shots, main):
    assert name_photos("00007", shots)[main] == "00007"


def test_the_others_follow_by_name():
    shots = [shot("a", face=False), shot("b"), shot("c", unreadable="empty_file"), shot("d")]
    assert name_photos("00007", shots) == {"b": "00007", "a": "00007_1", "d": "00007_2"}


def test_a_person_without_any_readable_photo_has_no_names():
    assert name_photos("00007", [shot("a", unreadable="empty_file")]) == {}


@pytest.fixture
def root(tmp_path):
    root = write_people(tmp_path / "root", {"Ann": 3})
    (root / "Ann/0003.jpg").write_bytes(b"")
    Image.new("RGB", (96, 64), "navy").save(root / "Ann/0004.jpg")
    for folder in FOLDERS:
        (tmp_path / "out" / folder).mkdir(parents=True)
    return root


def person_of(root):
    return PersonFolder(
        "00007", "Ann", tuple(f"Ann/{path.name}" for path in sorted(root.glob("Ann/*")))
    )


def test_every_file_of_a_person_has_a_row(root, tmp_path):
    params = PARAMS.model_copy(update={"photos_per_person": 4})
    rows = write_person(root, tmp_path / "out", WARDROBE, params, person_of(root))
    assert [(row["original"], row["image_id"], row["outcome"]) for row in rows] == [
        ("Ann/0000.png", "00007", "masked"),
        ("Ann/0001.png", "00007_1", "masked"),
        ("Ann/0002.png", "00007_2", "masked"),
        ("Ann/0003.jpg", "", "empty_file"),
        ("Ann/0004.jpg", "", "beyond_limit"),
    ]
    assert [row["template"] for row in rows[:3]] == [
        WARDROBE.choose(p) for p in person_of(root).photos[:3]
    ]
    assert {row["template"] for row in rows[3:]} == {""}


def test_a_photo_without_face_is_written_without_mask(root, tmp_path):
    out = tmp_path / "out"
    rows = write_person(root, out, WARDROBE, PARAMS, person_of(root))
    assert (rows[4]["image_id"], rows[4]["outcome"], rows[4]["template"]) == (
        "00007_3",
        "no_face",
        "",
    )
    assert (out / "further/00007_3.png").is_file()
    assert not (out / "further/00007_3_Mask.png").exists()
    assert sorted(path.name for path in (out / "transparent").iterdir()) == [
        "00007_1_Mask.png", "00007_2_Mask.png", "00007_Mask.png",
    ]  # fmt: skip


def test_a_face_that_is_not_certain_enough_gets_no_mask(root):
    certain = find_faces(root, ["Ann/0000.png"], 0.5)[0].face
    assert certain is not None
    assert find_faces(root, ["Ann/0000.png"], 1.0 + 1e-9)[0].face is None


def test_a_photo_that_shows_a_mask_already_is_no_bare_face(root, tmp_path):
    (bare,) = find_faces(root, ["Ann/0000.png"], 0.75)
    photo = photo_of(0, 0)
    masked = over(photo, put_on(photo, bare.face, WARDROBE.open("surgical_blue")))
    Image.fromarray(masked).save(root / "Ann/0001.png")
    (root / "Ann/0002.png").rename(root / "Ann/0002_Mask.png")  # told by its name
    out = tmp_path / "out"
    rows = write_person(root, out, WARDROBE, PARAMS, person_of(root))
    assert [(row["outcome"], row["image_id"]) for row in rows[:3]] == [
        ("masked", "00007"), ("looks_masked", ""), ("looks_masked", ""),
    ]  # fmt: skip
    assert sorted(path.name for path in (out / "further").iterdir()) == ["00007_1.png"]


def test_a_large_photo_is_searched_at_a_smaller_size(root):
    Image.fromarray(photo_of(0, 0)).resize((1280, 1280)).save(root / "Ann/0009.png")
    small, large = (s.face for s in find_faces(root, ["Ann/0000.png", "Ann/0009.png"], 0.75))
    assert np.abs(large.landmarks / 8 - small.landmarks).max() < 2


def test_a_photo_that_vanishes_under_way_is_one_line(root, tmp_path, monkeypatch):
    def look(*args):
        shots = find_faces(*args)
        (root / "Ann/0001.png").unlink()
        return shots

    monkeypatch.setattr("faceveil.masks.person_files.find_faces", look)
    with pytest.raises(FaceveilError, match=r"0001\.png: can no longer be read \(missing_file\)"):
        write_person(root, tmp_path / "out", WARDROBE, PARAMS, person_of(root))
