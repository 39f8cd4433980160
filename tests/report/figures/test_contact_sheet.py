import csv

import numpy as np
import pytest
from PIL import Image

from faceveil.params.errors import FaceveilError
from faceveil.report.figures.contact_sheet import write_contact_sheet

KINDS = {
    "unmasked": "unmasked/{}.png",
    "masked": "masked/{}_Mask.jpg",
    "further_unmasked": "further/{}_1.png",
    "further_masked": "further/{}_1_Mask.jpg",
}


def write_root(root, people=6, flawed=()):
    rows = []
    for number in range(people):
        subject = f"{number:05d}"
        for kind, name in KINDS.items():
            path = root / name.format(subject)
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.new("RGB", (64, 64), (40 * number + 20, 0, 0)).save(path)
            rows.append({"path": name.format(subject), "subject_id": subject,
                         "image_id": path.stem, "kind": kind,
                         "worn": "none" if "unmasked" in kind else "correct",
                         "flaw": "blurred" if number in flawed else "",
                         "skin_tone": str(number / people),
                         "sex_typed_shape": str(number % 2)})  # fmt: skip
    with (root / "truth.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)


def reds(path):
    """The distinct reds of the photos on a sheet."""
    with Image.open(path) as image:
        pixels = np.asarray(image.convert("RGB"), dtype=int).reshape(-1, 3)
    photos = pixels[(pixels[:, 1] == 0) & (pixels[:, 2] == 0)]
    return sorted({int(red) for red in photos[:, 0]})


def test_people_stand_in_two_blocks_each_with_all_photos(tmp_path):
    write_root(tmp_path)
    path = tmp_path / "figures" / "sheet.png"
    write_contact_sheet(tmp_path, path, people=4)
    with Image.open(path) as sheet:
        assert 8 * 192 < sheet.width < 9 * 192
        assert 2 * 192 < sheet.height < 3 * 192
    assert len(reds(path)) == 4


def test_flawed_people_are_left_out(tmp_path):
    write_root(tmp_path, flawed=(0, 1, 2, 3))
    write_contact_sheet(tmp_path, tmp_path / "sheet.png", people=8)
    assert reds(tmp_path / "sheet.png") == [180, 220]


def test_a_collection_without_truth_shows_pairs_of_people_that_have_most(tmp_path):
    write_root(tmp_path)
    (tmp_path / "truth.csv").unlink()
    (tmp_path / "further/00002_1_Mask.jpg").unlink()
    (tmp_path / "masked/00003_Mask.jpg").unlink()
    path = tmp_path / "sheet.png"
    write_contact_sheet(tmp_path, path, people=4)
    with Image.open(path) as sheet:
        assert 8 * 192 < sheet.width < 9 * 192
        assert 2 * 192 < sheet.height < 3 * 192
    assert reds(path) == [20, 60, 180, 220]


def test_people_with_one_pair_each_are_shown_with_it(tmp_path):
    write_root(tmp_path, people=2)
    (tmp_path / "truth.csv").unlink()
    for photo in (tmp_path / "further").iterdir():
        photo.unlink()
    write_contact_sheet(tmp_path, tmp_path / "sheet.png")
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert 4 * 192 < sheet.width < 5 * 192
        assert sheet.height < 2 * 192


def test_a_folder_without_pairs_is_refused(tmp_path):
    with pytest.raises(FaceveilError, match="no photo with and without mask"):
        write_contact_sheet(tmp_path, tmp_path / "sheet.png")
    assert not (tmp_path / "sheet.png").exists()
