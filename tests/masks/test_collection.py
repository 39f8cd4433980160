"""Rendered people by person become a collection that curation takes as it is."""

import csv
import hashlib
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from faceveil.collection.curate import curate_collection
from faceveil.collection.index import INDEX, read_index
from faceveil.collection.layouts import find_images
from faceveil.masks import collection as module
from faceveil.masks.collection import put_masks_on
from faceveil.params.curate import Curate
from faceveil.params.errors import FaceveilError
from faceveil.store.faces import open_faces
from faceveil.wearing.composition import annotated
from tests.masks.by_person import PARAMS, photo_of, write_people

PEOPLE = {"Ann Lee": 2, "Bo": 1, "Çem": 2}

CURATE = Curate(
    root="data/masked/people", image_size=96, crop="frame", crop_margin=0.125, people=3,
    spare_people=0, test_share=0.34, seed=1, min_face_probability=0.75, min_face_share=0.15,
    min_inside_share=0.5, min_sharpness=0, min_nose_covered=0.5, min_mouth_covered=0.6,
    min_chin_covered=0.2, min_realism=0.5,
)  # fmt: skip


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = write_people(tmp_path_factory.mktemp("people") / "people", PEOPLE)
    (root / "pairs.txt").write_text("who is who")
    (root / "Bo/broken.jpg").write_bytes(b"no photo")
    Image.new("RGB", (96, 64), "navy").save(root / "Bo/sky.jpg")
    return root


@pytest.fixture(scope="module")
def made(root, tmp_path_factory):
    """The collection and its counts."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FACEVEIL_WORKERS", "1")
        out = tmp_path_factory.mktemp("out") / "people"
        return out, put_masks_on(root, out, PARAMS)


@pytest.fixture(scope="module")
def curated(made, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FACEVEIL_WORKERS", "1")
        directory = tmp_path_factory.mktemp("data") / "curated"
        curate_collection(made[0], directory, CURATE)
    return directory


def pixels(path):
    with Image.open(path) as image:
        return np.asarray(image)


def contents(folder):
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()) for path in files
    }


def test_counts_add_up(made):
    assert made[1] == {
        "people": {"found": 3, "masked": 3},
        "photos": {"found": 7, "masked": 5, "no_face": 1, "unreadable": 1},
        "left_out": {
            "beyond_limit": 0, "repeated_photo": 0, "of_two_people": 0, "looks_masked": 0,
            "no_photo": 1,
        },
    }  # fmt: skip


def test_every_name_is_in_the_grammar(made):
    kinds = {entry.path: entry.kind for entry in find_images(made[0])}
    assert "unrecognized" not in kinds.values()
    assert kinds["people.csv"] == "people"
    assert kinds["unmasked/00002.png"] == "unmasked"
    assert kinds["further/00002_1_Mask.png"] == "further_masked"
    assert kinds["transparent/00002_1_Mask.png"] == "cutout"


def test_unmasked_photos_are_the_originals(made, root):
    np.testing.assert_array_equal(
        pixels(made[0] / "unmasked/00000.png"), pixels(root / "Ann Lee/0000.png")
    )


def test_people_csv_says_what_became_of_every_file(made, root):
    with (made[0] / "people.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    files = [path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()]
    assert sorted(row["original"] for row in rows) == sorted(files)
    by_file = {row["original"]: row for row in rows}
    assert by_file["Çem/0001.png"]["image_id"] == "00002_1"
    assert by_file["Çem/0001.png"]["person"] == "Çem"
    assert by_file["Bo/broken.jpg"]["outcome"] == "not_an_image"
    assert by_file["Bo/sky.jpg"]["outcome"] == "no_face"
    assert by_file["pairs.txt"]["outcome"] == "no_photo"


def test_files_obey_the_equation_exactly(made):
    cutouts = sorted((made[0] / "transparent").iterdir())
    assert len(cutouts) == 5
    for path in cutouts:
        masked = next(p for p in made[0].rglob(path.name) if p.parent.name in ("masked", "further"))
        bare = pixels(next(made[0].rglob(path.name.replace("_Mask", ""))))
        cutout = pixels(path).astype(float)
        a = cutout[..., 3:] / 255
        exact = bare * (1 - a) + cutout[..., :3] * a
        assert np.abs(pixels(masked) - exact).max() <= 0.5 + 1e-9


def test_curation_takes_it_as_it_is(made, curated):
    index = read_index(curated / INDEX)
    photos = index[index["kind"].isin(["masked", "further_masked"])]
    assert (photos["worn"] == "correct").all()
    assert (photos["verdict"] == "kept").all()
    assert len(open_faces(curated, "unmasked")) == 3
    assert len(open_faces(curated, "further_masked")) == 2


def test_further_photos_too_have_their_exact_transparency(made, curated):
    cutouts = open_faces(curated, "annotated")
    assert cutouts.rows["image_id"].tolist() == [
        "00000_1_Mask", "00000_Mask", "00001_Mask", "00002_1_Mask", "00002_Mask",
    ]  # fmt: skip
    known = annotated(
        open_faces(curated, "further_masked"), open_faces(curated, "further_unmasked"), cutouts
    )
    for row, image_id in enumerate(known.rows["image_id"]):
        alpha = Image.open(made[0] / f"transparent/{image_id}.png").getchannel("A")
        exact = np.asarray(alpha.resize((96, 96), Image.Resampling.BILINEAR))
        np.testing.assert_array_equal(known.transparency[row], exact)


def test_other_numbers_of_processes_give_the_same_bytes(made, root, tmp_path, monkeypatch):
    monkeypatch.setenv("FACEVEIL_WORKERS", "2")
    monkeypatch.setattr(module, "LEAST_PEOPLE", 2)
    put_masks_on(root, tmp_path / "out", PARAMS)
    one, two = contents(made[0]), contents(tmp_path / "out")
    assert {name: file.digest() for name, file in one.items()} == {
        name: file.digest() for name, file in two.items()
    }


def test_an_error_leaves_what_was_there(root, tmp_path, monkeypatch):
    monkeypatch.setenv("FACEVEIL_WORKERS", "1")
    (tmp_path / "out").mkdir()
    (tmp_path / "out/before.txt").touch()

    def full(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("faceveil.masks.person_files.put_on", full)
    with pytest.raises(OSError, match="No space left"):
        put_masks_on(root, tmp_path / "out", PARAMS)
    assert [path.name for path in tmp_path.rglob("*")] == ["out", "before.txt"]


def test_a_collection_that_changes_under_way_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("FACEVEIL_WORKERS", "1")
    root = write_people(tmp_path / "root", {"Ann": 1})
    write_person = module.write_person

    def change(*args):
        (root / "Ann/late.txt").touch()
        return write_person(*args)

    monkeypatch.setattr(module, "write_person", change)
    with pytest.raises(FaceveilError, match=r"late\.txt: is new while"):
        put_masks_on(root, tmp_path / "out", PARAMS)
    assert not (tmp_path / "out").exists()


def test_photos_without_any_face_are_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("FACEVEIL_WORKERS", "1")
    (tmp_path / "root/Ann").mkdir(parents=True)
    Image.new("RGB", (96, 64), "navy").save(tmp_path / "root/Ann/1.png")
    with pytest.raises(FaceveilError, match="no face to put a mask on in 1 photos"):
        put_masks_on(tmp_path / "root", tmp_path / "out", PARAMS)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("out", [".", "out", ".."])
def test_it_never_writes_into_or_over_the_originals(root, out):
    with pytest.raises(FaceveilError, match="would be written into or over"):
        put_masks_on(root, root / out, PARAMS)
    assert (root / "pairs.txt").is_file()


def outcomes(root, out):
    put_masks_on(root, out, PARAMS)
    with (out / "people.csv").open(encoding="utf-8", newline="") as file:
        return {row["original"]: (row["image_id"], row["outcome"]) for row in csv.DictReader(file)}


def test_a_photo_is_used_once_and_by_one_person(tmp_path, monkeypatch):
    monkeypatch.setenv("FACEVEIL_WORKERS", "1")
    root = write_people(tmp_path / "root", {"Ann": 2, "Bo": 2, "Cy": 1})
    copy = (root / "Ann/0000.png").read_bytes()
    (root / "Ann/0000 (1).png").write_bytes(copy)
    with Image.open(root / "Ann/0001.png") as photo:  # the same pixels in another file
        photo.save(root / "Ann/0001.webp", lossless=True)
    (root / "Cy/0000.png").write_bytes((root / "Bo/0001.png").read_bytes())
    assert outcomes(root, tmp_path / "out") == {
        "Ann/0000 (1).png": ("00000", "masked"),
        "Ann/0000.png": ("", "repeated_photo"),
        "Ann/0001.png": ("00000_1", "masked"),
        "Ann/0001.webp": ("", "repeated_photo"),
        "Bo/0000.png": ("00001", "masked"),
        "Bo/0001.png": ("", "of_two_people"),
        "Cy/0000.png": ("", "of_two_people"),
    }


def test_a_large_photo_is_written_at_the_size_that_later_stages_can_use(tmp_path, monkeypatch):
    monkeypatch.setenv("FACEVEIL_WORKERS", "1")
    root = write_people(tmp_path / "root", {"Ann": 1})
    with Image.open(root / "Ann/0000.png") as photo:
        photo.resize((2560, 1920)).save(root / "Ann/0000.png")
    put_masks_on(root, tmp_path / "out", PARAMS)
    assert pixels(tmp_path / "out/unmasked/00000.png").shape == (768, 1024, 3)
    assert pixels(tmp_path / "out/masked/00000_Mask.png").shape == (768, 1024, 3)


ALONE = """
import re, sys
from pathlib import Path
from faceveil.masks.collection import put_masks_on
from tests.masks.by_person import PARAMS
assert put_masks_on(Path(sys.argv[1]), Path(sys.argv[2]), PARAMS)["photos"]["masked"] == 1
# not ru_maxrss, which begins with the peak of the process that started this one
status = Path("/proc/self/status").read_text()
print(int(re.search(r"VmHWM:\\s+(\\d+)", status)[1]) / 1e6)
"""


@pytest.mark.slow
@pytest.mark.parametrize("name", ["photo.jpg", "photo.png"])
def test_a_close_up_of_48_megapixels_takes_no_more_than_1500_megabytes(tmp_path, name):
    (tmp_path / "root/Ann").mkdir(parents=True)
    photo = Image.fromarray(photo_of(0, 0, 512)).resize((6928, 6928))
    if name == "photo.png":
        photo.putalpha(200)
    photo.save(tmp_path / "root/Ann" / name)
    command = [sys.executable, "-c", ALONE, tmp_path / "root", tmp_path / "out"]
    told = subprocess.run(command, capture_output=True, text=True, check=True)
    assert float(told.stdout) < 1.5


def test_a_name_that_is_no_text_is_written_down(tmp_path):
    rows = [{"original": "J\udcfcrgen/1.jpg"}]
    module._write_people(tmp_path / "people.csv", rows)
    assert "J\\udcfcrgen/1.jpg" in (tmp_path / "people.csv").read_text(encoding="utf-8")
