"""Packed photos without cut-outs, from label images, cut to the face, and after a change."""

import os

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from faceveil.collection import packing
from faceveil.collection.crops import CROP
from faceveil.collection.difference import difference_transparency
from faceveil.collection.index import BOX, INDEX, read_index, write_index
from faceveil.collection.places import read_places
from faceveil.metrics.segmentation import iou
from faceveil.params.errors import FaceveilError
from faceveil.store.faces import KINDS, open_faces
from tests.collection.conftest import PARAMS

COLUMNS = ["path", "kind", "subject_id", "image_id", "verdict", "split", "worn_claim"]


@pytest.fixture
def root(tmp_path):
    for number in range(5):
        grey = np.full((60, 40, 3), 40 * number, np.uint8)
        Image.fromarray(grey).save(tmp_path / f"0000{number}_Mask.png")
    labels = np.repeat(np.array([0, 1, 2], np.uint8), 20)[:, None].repeat(40, axis=1)
    Image.fromarray(labels).save(tmp_path / "00003_Mask_gt.png")
    return tmp_path


@pytest.fixture
def index():
    rows = [
        (
            f"0000{n}_Mask.png",
            "masked",
            f"0000{n}",
            f"0000{n}_Mask",
            "kept",
            "train" if n else "",
            "correct",
        )
        for n in (4, 3, 2, 1, 0)
    ]
    labels = ("00003_Mask_gt.png", "labels", "00003", "00003_Mask", "accompanies", "", "correct")
    return pd.DataFrame([*rows, labels], columns=COLUMNS)


def pack(root, index, folder="curated", **changes):
    (root / folder).mkdir()
    packing.pack_collection(root, index, root / folder, PARAMS.model_copy(update=changes))
    return {kind: open_faces(root / folder, kind) for kind in KINDS}


def test_rows_are_sorted_and_unused_ones_left_out(root, index):
    faces = pack(root, index)["masked"]
    assert faces.rows["image_id"].tolist() == [f"0000{n}_Mask" for n in (1, 2, 3, 4)]
    assert faces.pixels.shape == (4, 96, 96, 3)
    assert faces.pixels[:, 48, 48, 0].tolist() == [40, 80, 120, 160]


def test_label_images_give_transparency_in_full_size(root, index):
    faces = pack(root, index)["annotated"]
    assert faces.rows["image_id"].tolist() == ["00003_Mask"]
    assert faces.transparency[0, :, 48].tolist()[:60] == [0] * 60
    assert (faces.transparency[0, 68:] == 255).all()


def test_a_label_image_is_told_by_its_name_in_any_case(root, index):
    plain = pack(root, index)["annotated"].transparency
    shouted = "00003_MASK_GT.PNG"
    (root / "00003_Mask_gt.png").rename(root / shouted)
    index["path"] = index["path"].replace("00003_Mask_gt.png", shouted)
    assert np.array_equal(pack(root, index, "shouted")["annotated"].transparency, plain)


def test_kinds_without_photos_are_empty_stores(root, index):
    faces = pack(root, index)
    assert len(faces["background"]) == 0
    assert faces["background"].pixels.shape == (0, 96, 96, 3)
    assert (
        pack(root, index[index["kind"] != "labels"], "other")["annotated"].transparency is not None
    )


def test_small_chunks_give_the_same(root, index, monkeypatch):
    whole = pack(root, index)
    monkeypatch.setattr(packing, "CHUNK_BYTES", 1)
    single = pack(root, index, "single")
    assert all(np.array_equal(whole[kind].pixels, single[kind].pixels) for kind in KINDS)


def test_a_photo_that_changes_under_way_is_one_line(root, index):
    (root / "00002_Mask.png").write_bytes(b"")
    with pytest.raises(FaceveilError, match=r"00002_Mask\.png: was measured and can no"):
        pack(root, index)


def test_a_mask_is_called_after_its_photo_whatever_its_file_claims(root, index):
    (root / "00004_Mask.png").rename(root / "00004_Mask_Chin.png")
    mistaken = ["00004_Mask_Chin.png", "masked", "00004", "00004_Mask_Chin", "kept", "test", "chin"]
    index.loc[index["subject_id"] == "00004"] = mistaken
    faces = pack(root, index)["masked"]
    assert faces.rows["image_id"].tolist() == [f"0000{n}_Mask" for n in (1, 2, 3, 4)]
    assert faces.pixels[3, 48, 48, 0] == 160


@pytest.mark.skipif(not hasattr(os, "posix_fallocate"), reason="this system reserves no space")
def test_space_is_reserved_before_a_photo_is_written(tmp_path):
    """A map into a file with holes kills the process when the disk is full."""
    packing.reserve(tmp_path / "pixels.npy", (100, 64, 64, 3))
    status = (tmp_path / "pixels.npy").stat()
    assert status.st_blocks * 512 >= status.st_size > 100 * 64 * 64 * 3
    assert not np.load(tmp_path / "pixels.npy").any()


def slopes(path, height, width, mask=False):
    """Save a photo whose red is its column and whose green is its row, as shares of 200."""
    rows, columns = np.mgrid[:height, :width]
    blue = np.where(mask & (rows >= 0.6 * height), 255, 0)
    shares = [200 * (columns + 0.5) / width, 200 * (rows + 0.5) / height, blue]
    Image.fromarray(np.dstack(shares).astype(np.uint8)).save(path)


@pytest.fixture
def pair(tmp_path):
    """A photo, the same with a mask at twice the size but a pixel, and its label image."""
    slopes(tmp_path / "00000.png", 100, 200)
    slopes(tmp_path / "00000_Mask.png", 201, 400, mask=True)
    labels = np.zeros((50, 100), np.uint8)
    labels[30:] = 2
    Image.fromarray(labels).save(tmp_path / "00000_Mask_gt.png")
    box = dict(zip(BOX, (0.3, 0.2, 0.6, 1.0), strict=True))
    names = (("00000", "unmasked", "none"), ("00000_Mask", "masked", "correct"))
    rows = [
        {"path": f"{name}.png", "kind": kind, "subject_id": "00000", "image_id": name,
         "worn_claim": claim, "verdict": "kept", "reasons": "", "split": "train", **box}
        for name, kind, claim in names
    ]  # fmt: skip
    index = pd.DataFrame(rows).assign(width=[200, 400], height=[100, 201])
    labels_of = index.iloc[[1]].assign(kind="labels", verdict="accompanies", split="")
    labels_of = labels_of.assign(path="00000_Mask_gt.png", **dict.fromkeys(BOX, np.nan))
    return tmp_path, pd.concat([index, labels_of], ignore_index=True)


def test_a_pair_and_its_labels_are_cut_to_the_box_of_the_photo_without_mask(pair):
    faces = pack(*pair, crop="face", crop_margin=0.125)
    # The box is 60 x 80 pixels of 200 x 100: a square of 100 around (90, 60), 10 of it below.
    assert faces["unmasked"].rows[list(CROP)].to_numpy() == pytest.approx(
        np.array([[0.2, 0.1, 0.7, 1.1]])
    )
    assert faces["masked"].rows[list(CROP)].equals(faces["unmasked"].rows[list(CROP)])
    seen = faces["unmasked"].pixels[0, 48, 48]
    assert seen[:2].astype(float) == pytest.approx([90, 120], abs=2)
    difference = faces["unmasked"].pixels.astype(int) - faces["masked"].pixels
    assert np.abs(difference[..., :2]).max() <= 2
    top = int(np.flatnonzero(faces["masked"].pixels[0, :, 48, 2] > 127)[0])
    assert top == int(np.flatnonzero(faces["annotated"].transparency[0, :, 48] > 127)[0]) == 48
    assert (faces["annotated"].transparency[0, 50:] == 255).all()


def test_whole_photos_have_no_crops(pair):
    faces = pack(*pair)
    assert [list(faces[kind].rows.columns) for kind in KINDS] == [
        ["subject_id", "image_id", "split"]
    ] * len(KINDS)


def test_a_photo_that_is_kept_without_a_face_is_one_line(pair):
    root, index = pair
    index.loc[0, "box_left"] = np.nan
    with pytest.raises(FaceveilError, match=r"^00000\.png: kept without a face to cut out"):
        pack(root, index, crop="face")
    assert len(pack(root, index, "whole")["unmasked"]) == 1


@pytest.fixture(scope="module")
def cropped(collection, curated, tmp_path_factory):
    """The rendered collection packed as faces: background people without a box are left out."""
    directory = tmp_path_factory.mktemp("cropped")
    index = read_index(curated[0] / INDEX)
    index.loc[index[list(BOX)].isna().any(axis=1), "split"] = ""
    params = PARAMS.model_copy(update={"crop": "face", "image_size": 112})
    packing.pack_collection(collection, index, directory, params)
    write_index(directory / INDEX, index)
    return directory


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "annotated"])
def test_places_are_those_of_the_face_in_its_crop(cropped, kind):
    places = read_places(cropped, kind)
    assert len(places) == len(open_faces(cropped, kind)) > 0 and places.found.all()
    boxes = places.boxes
    longer = np.maximum(boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1])
    assert longer == pytest.approx(np.full(len(boxes), 0.8), abs=1e-5)
    assert (boxes[:, :2] + boxes[:, 2:]) / 2 == pytest.approx(np.full((len(boxes), 2), 0.5))
    assert ((places.points > 0.1) & (places.points < 0.9)).all()


def test_places_of_annotated_photos_are_those_of_masked_ones(cropped):
    masked = dict(zip(open_faces(cropped, "masked").rows["image_id"], range(99), strict=False))
    rows = [masked[name] for name in open_faces(cropped, "annotated").rows["image_id"]]
    places = read_places(cropped, "annotated")
    assert np.array_equal(places.boxes, read_places(cropped, "masked").boxes[rows])


def test_a_cut_out_is_where_the_cropped_pair_differs(cropped):
    annotated, unmasked = open_faces(cropped, "annotated"), open_faces(cropped, "unmasked")
    pairs = [name.removesuffix("_Mask") for name in annotated.rows["image_id"]]
    rows = [unmasked.rows["image_id"].tolist().index(name) for name in pairs]
    found = [
        difference_transparency(unmasked.pixels[row], photo)
        for row, photo in zip(rows, annotated.pixels, strict=True)
    ]
    overlap = iou(np.stack(found), annotated.transparency / np.float32(255))
    assert len(overlap) and overlap.min() > 0.85
