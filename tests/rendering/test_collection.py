import csv
import hashlib

import numpy as np
import pytest
from PIL import Image

from faceveil.params.synthesize import Synthesize
from faceveil.rendering import collection
from faceveil.rendering.collection import COLUMNS, write_collection

PARAMS = Synthesize(
    seed=5, image_size=80, people=12, further_photos=1, annotated=4,
    incorrectly_worn_share=0.25, flawed_share=0.34, background_people=2, background_photos=3,
)  # fmt: skip


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    folder = tmp_path_factory.mktemp("rendered") / "synthetic"
    write_collection(folder, PARAMS)
    return folder


def truth(root):
    with (root / "truth.csv").open() as file:
        return list(csv.DictReader(file))


def digests(root):
    files = sorted(path for path in root.rglob("*") if path.is_file())
    return {
        str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files
    }


def pixels(path):
    with Image.open(path) as image:
        return np.asarray(image, dtype=np.float32)


def test_the_layout_is_the_real_data_sets(root):
    assert (root / "unmasked" / "00000.png").is_file()
    assert len(list((root / "unmasked").iterdir())) == 12
    assert len(list((root / "masked").iterdir())) == 12
    assert len(list((root / "transparent").iterdir())) == 4
    assert (root / "further" / "00003_1.png").is_file()
    assert (root / "further" / "00003_1_Mask.jpg").is_file()
    person = root / "background" / "person_00001"
    assert {path.name for path in person.iterdir()} == {
        "person_00001_0001.png", "person_00001_0002.png", "person_00001_0003_Mask.jpg",
    }  # fmt: skip


def test_the_truth_table_has_one_row_per_photo(root):
    rows = truth(root)
    assert tuple(rows[0]) == COLUMNS
    files = {
        name
        for name in digests(root)
        if not name.startswith(("truth", "transparent", "coordinates"))
    }
    assert {row["path"] for row in rows} == files
    assert len(rows) == len(files)
    assert all(1 <= int(row["skin_band"]) <= 10 for row in rows)
    assert all(0 <= float(row["skin_tone"]) <= 1 for row in rows)
    assert all(18 <= float(row["age"]) <= 80 for row in rows)


def test_incorrectly_worn_masks_have_their_own_names(root):
    endings = {"correct": "_Mask", "nose_mouth": "_Mask_Nose_Mouth", "chin": "_Mask_Chin",
               "mouth_chin": "_Mask_Mouth_Chin"}  # fmt: skip
    masked = [row for row in truth(root) if row["kind"] == "masked" and row["flaw"] != "no_mask"]
    assert {row["worn"] for row in masked} == set(endings)
    for row in masked:
        assert row["image_id"] == row["subject_id"] + endings[row["worn"]]


def test_flaws_name_the_files_they_are_in(root):
    rows = {row["path"]: row for row in truth(root)}
    flawed = [row for row in rows.values() if row["flaw"]]
    assert {row["flaw"] for row in flawed} == {"two_faces", "blurred", "no_mask", "out_of_frame"}
    bare = next(row for row in flawed if row["flaw"] == "no_mask")
    assert bare["kind"] == "masked" and bare["worn"] == "none"
    photo = f"unmasked/{bare['subject_id']}.png"
    assert rows[photo]["flaw"] == ""
    assert np.abs(pixels(root / bare["path"]) - pixels(root / photo)).mean() < 4


def test_the_cut_out_is_the_masks_exact_transparency(root):
    for path in (root / "transparent").iterdir():
        cut = pixels(path)
        transparency = cut[..., 3:] / 255
        photo = pixels(root / "unmasked" / f"{path.stem.removesuffix('_Mask')}.png")
        expected = photo * (1 - transparency) + cut[..., :3] * transparency
        masked = pixels(root / "masked" / f"{path.stem}.jpg")
        assert np.abs(masked - expected).mean() < 3  # what JPEG adds
        assert transparency.mean() > 0.05


def test_any_number_of_workers_writes_the_same_bytes(root, tmp_path, monkeypatch):
    few = PARAMS.model_copy(update={"people": 4, "annotated": 1, "background_people": 1})
    written = []
    for workers in ("1", "4"):
        monkeypatch.setenv("FACEVEIL_WORKERS", workers)
        write_collection(tmp_path / workers, few)
        written.append(digests(tmp_path / workers))
    assert written[0] == written[1]
    assert len(written[0]) > 15


def test_background_people_are_nobody_else(root):
    rows = truth(root)
    people = {row["skin_tone"] for row in rows if row["kind"] == "unmasked"}
    strangers = {row["skin_tone"] for row in rows if row["kind"] == "background"}
    assert not people & strangers


def test_nothing_is_left_when_writing_fails(tmp_path, monkeypatch):
    def fail(path, rows):
        raise OSError("disk full")

    monkeypatch.setattr(collection, "_write_truth", fail)
    few = PARAMS.model_copy(
        update={"people": 2, "annotated": 0, "further_photos": 0, "background_people": 0}
    )
    with pytest.raises(OSError, match="disk full"):
        write_collection(tmp_path / "out", few)
    assert list(tmp_path.iterdir()) == []


def test_masked_photos_have_coordinates_and_no_others_do(root):
    rows = {row["image_id"]: row for row in truth(root) if row["kind"] != "background"}
    masked = {name for name, row in rows.items() if row["worn"] != "none"}
    assert {path.stem for path in (root / "coordinates").iterdir()} == masked
    with Image.open(root / "coordinates" / f"{min(masked)}.png") as image:
        assert image.mode == "I;16" and image.size == (80, 240)
