import csv

import numpy as np
import pytest
from PIL import Image

from faceveil.figures.contact_sheet import write_contact_sheet
from faceveil.params.errors import FaceveilError

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
    """The distinct reds on the sheet, down its first column of photos."""
    with Image.open(path) as image:
        pixels = np.asarray(image.convert("RGB"), dtype=int)
    column = pixels[:, 24 + 96]
    photo = column[(column[:, 1] < 5) & (column[:, 2] < 5)]
    return sorted({int(red) for red in photo[:, 0]})


def test_rows_are_people_from_light_to_dark(tmp_path):
    write_root(tmp_path)
    write_contact_sheet(tmp_path, tmp_path / "figures" / "sheet.png", people=3)
    with Image.open(tmp_path / "figures" / "sheet.png") as sheet:
        assert sheet.width == 2 * 24 + 4 * (192 + 8) - 8
        assert sheet.height > 3 * 192
    assert len(reds(tmp_path / "figures" / "sheet.png")) == 3


def test_flawed_people_are_left_out(tmp_path):
    write_root(tmp_path, flawed=(0, 1, 2, 3))
    write_contact_sheet(tmp_path, tmp_path / "sheet.png", people=8)
    assert reds(tmp_path / "sheet.png") == [180, 220]


def test_a_folder_without_truth_is_refused(tmp_path):
    with pytest.raises(FaceveilError, match=r"truth\.csv is missing"):
        write_contact_sheet(tmp_path, tmp_path / "sheet.png")
    assert not (tmp_path / "sheet.png").exists()
