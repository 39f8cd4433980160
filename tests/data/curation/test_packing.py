"""Packed photos without cut-outs, from label images, and after a change under way."""

import os

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from faceveil.data.curation import packing
from faceveil.data.faces import KINDS, open_faces
from faceveil.params.errors import FaceveilError

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


def pack(root, index, folder="curated"):
    (root / folder).mkdir()
    packing.pack_collection(root, index, root / folder, 96)
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
    with pytest.raises(FaceveilError, match="can no longer be read"):
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
    packing._reserve(tmp_path / "pixels.npy", (100, 64, 64, 3))
    status = (tmp_path / "pixels.npy").stat()
    assert status.st_blocks * 512 >= status.st_size > 100 * 64 * 64 * 3
    assert not np.load(tmp_path / "pixels.npy").any()
