"""One closed grammar names the files of a collection, in any folder."""

import errno
import os
from pathlib import Path

import pytest

from faceveil.collection.layouts import KINDS, Entry, find_images, recognize
from faceveil.params.errors import FaceveilError

NAMES = [
    ("00000.png", "unmasked", "00000", "00000", "none"),
    ("images1024x1024/12000/12345.PNG", "unmasked", "12345", "12345", "none"),
    ("CMFD/00000/00007_Mask.jpg", "masked", "00007", "00007_Mask", "correct"),
    ("IMFD/00007_Mask_Nose_Mouth.jpg", "masked", "00007", "00007_Mask_Nose_Mouth", "nose_mouth"),
    ("00007_Mask_Chin.jpeg", "masked", "00007", "00007_Mask_Chin", "chin"),
    ("00000_Mask.jpg", "masked", "00000", "00000_Mask", "correct"),
    ("IMFD/00000/00001_Mask_Nose_Mouth.jpg", "masked", "00001", "00001_Mask_Nose_Mouth",
     "nose_mouth"),
    ("MaskedFace-Net/IMFD/00000/00002_Mask_Chin.jpg", "masked", "00002", "00002_Mask_Chin", "chin"),
    ("IMFD/00003_Mask_Mouth_Chin.jpg", "masked", "00003", "00003_Mask_Mouth_Chin", "mouth_chin"),
    ("thumbnails128x128/69000/69999.png", "unmasked", "69999", "69999", "none"),
    ("00007_Mask_Mouth_Chin.jpg", "masked", "00007", "00007_Mask_Mouth_Chin", "mouth_chin"),
    ("00007_Incorrect.jpg", "masked", "00007", "00007_Incorrect", "incorrect"),
    ("further/00007_1.png", "further_unmasked", "00007", "00007_1", "none"),
    ("further/00007_12_Mask.jpg", "further_masked", "00007", "00007_12_Mask", "correct"),
    ("transparent/00007_Mask.png", "cutout", "00007", "00007_Mask", "correct"),
    ("00007_Mask_gt.png", "labels", "00007", "00007_Mask", "correct"),
    ("00007_Incorrect_gt.png", "labels", "00007", "00007_Incorrect", "incorrect"),
    ("background/person_00003/person_00003_0001.png", "background", "person_00003",
     "person_00003_0001", "none"),
    ("background/person_00003/person_00003_0005_Mask.jpg", "background", "person_00003",
     "person_00003_0005_Mask", "correct"),
    ("lfw/Ann_Lee/Ann_Lee_0002.jpg", "background", "Ann_Lee", "Ann_Lee_0002", "none"),
    ("transparent/00007_12_Mask.png", "cutout", "00007", "00007_12_Mask", "correct"),
    ("coordinates/00007_12_Mask.png", "coordinates", "00007", "00007_12_Mask", "correct"),
    ("truth.csv", "truth", "", "", "none"),
    ("people.csv", "people", "", "", "none"),
]  # fmt: skip

OTHERS = ["notes.txt", ".DS_Store", "0000.png", "000000.png", "00000.gif", "00000_gt.png",
          "transparent/00000.png", "transparent/00000_Mask.jpg", "00000_Mask_gt.jpg",
          "00000_mask_upside_down.jpg", "else/Ann_Lee_0002.jpg", "below/truth.csv",
          "below/people.csv", ".Trash-1000/00014.jpg", ".00014.jpg", "a/.b/c/00014_Mask.jpg",
          "M\udcfcller/M\udcfcller_0001.jpg", "M\udcfcller/00014.jpg",
          "\u0660\u0660\u0660\u0660\u0660.png", "transparent/00000_Mask_gt.png"]  # fmt: skip


@pytest.mark.parametrize(("path", "kind", "subject", "image", "claim"), NAMES)
def test_names_of_the_grammar(path, kind, subject, image, claim):
    assert recognize(path) == Entry(path, kind, subject, image, claim)


def test_every_kind_is_shown_above():
    assert {kind for _, kind, *_ in NAMES} | {"unrecognized"} == set(KINDS)


@pytest.mark.parametrize("path", OTHERS)
def test_other_names_are_unrecognized(path):
    assert recognize(path) == Entry(path, "unrecognized")


@pytest.mark.parametrize(
    ("name", "partner"),
    [
        ("00007_Mask_Nose_Mouth.jpg", "00007"),
        ("00007_1_Mask.jpg", "00007_1"),
        ("00007.png", "00007"),
    ],
)
def test_the_same_photo_without_mask(name, partner):
    assert recognize(name).partner_id == partner


def test_every_file_is_listed_once_in_order(tmp_path):
    paths = ["b/00001.png", "a/00001_Mask.jpg", "readme.md", ".hidden/00002.png"]
    for path in paths:
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).touch()
    assert [entry.path for entry in find_images(tmp_path)] == sorted(paths)


def test_links_are_followed_but_not_in_circles(tmp_path):
    elsewhere = tmp_path / "elsewhere"
    root = tmp_path / "root"
    for folder in (elsewhere, root):
        folder.mkdir()
    (elsewhere / "00001.png").touch()
    (root / "linked").symlink_to(elsewhere)
    (elsewhere / "back").symlink_to(root)
    assert [entry.path for entry in find_images(root)] == ["linked/00001.png"]


@pytest.mark.parametrize(("make", "found"), [(False, "nothing"), (True, "a file")])
def test_a_root_that_is_no_folder_is_refused(tmp_path, make, found):
    root = tmp_path / "root"
    if make:
        root.touch()
    with pytest.raises(FaceveilError, match=f"found {found}; set curate.root"):
        find_images(root)


def test_a_folder_that_may_not_be_listed_is_no_empty_one(tmp_path, monkeypatch):
    (tmp_path / "closed").mkdir()
    (tmp_path / "00000.png").touch()
    scandir = os.scandir

    def refused(path):
        if Path(path).name == "closed":
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refused)
    with pytest.raises(PermissionError, match="closed"):
        find_images(tmp_path)
