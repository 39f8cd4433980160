"""Coordinates are packed as their photos are, by id; what does not fit is one line."""

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from faceveil.collection.crops import CROP
from faceveil.collection.layouts import find_images, recognize
from faceveil.collection.packing_coordinates import pack_coordinates
from faceveil.params.errors import FaceveilError
from faceveil.store.coordinates import write_coordinates
from faceveil.store.faces import PackedFaces, open_faces
from faceveil.wearing.texture import mask_coordinates
from tests.packed import write_faces

SIDE, IDS = 40, ("00001", "00002", "00003")


def planes(number, side=SIDE):
    """Slopes across and down; the third plane tells whose they are."""
    rows, columns = np.mgrid[:side, :side].astype(np.float32)
    return np.stack([columns / side - 0.5, rows / side, np.full_like(rows, 0.5 * number)])


@pytest.fixture
def root(tmp_path):
    (tmp_path / "coordinates").mkdir()
    for number, name in enumerate(IDS, 1):
        Image.new("RGB", (SIDE, SIDE)).save(tmp_path / f"{name}_Mask_Chin.png")
        write_coordinates(tmp_path / f"coordinates/{name}_Mask_Chin.png", planes(number))
    return tmp_path


def index_of(kind="masked"):
    rows = {"path": [f"{name}_Mask_Chin.png" for name in reversed(IDS)], "kind": kind}
    rows |= {"subject_id": IDS[::-1], "image_id": [f"{name}_Mask_Chin" for name in IDS[::-1]]}
    used = {"split": "train", "worn_claim": "chin", "width": SIDE, "height": SIDE}
    return pd.DataFrame(rows | used)


def pack(root, size=20, crop=None):
    for kind, ids in (("masked", IDS), ("further_masked", ())):
        rows = pd.DataFrame({"subject_id": ids, "image_id": [f"{i}_Mask" for i in ids]}, dtype=str)
        pixels = np.zeros((len(ids), size, size, 3), np.uint8)
        write_faces(root / "curated" / kind, PackedFaces(pixels, rows.assign(split="train")))
        if crop:
            rows = rows.assign(split="train", **dict(zip(CROP, crop, strict=True)))
            rows.to_parquet(root / "curated" / kind / "rows.parquet", index=False)
    entries = [entry for entry in find_images(root) if not entry.path.startswith("curated")]
    pack_coordinates(root, entries, index_of(), root / "curated")
    return open_faces(root / "curated", "masked")


def test_they_are_joined_by_id_and_made_smaller(root):
    faces = pack(root)
    assert isinstance(faces.coordinates, np.memmap) and faces.coordinates.dtype == np.uint16
    found = mask_coordinates(faces, [2, 0]).numpy()
    assert found[:, 2].mean(axis=(1, 2)) == pytest.approx([1.5, 0.5], abs=1e-4)
    means = planes(3)[:2].reshape(2, 20, 2, 20, 2).mean(axis=(2, 4))
    np.testing.assert_allclose(found[0, :2, 2:-2, 2:-2], means[:, 2:-2, 2:-2], atol=1e-4)


def test_they_are_cut_out_as_the_photo_is(root):
    found = mask_coordinates(pack(root, size=20, crop=(0.25, 0.5, 0.75, 1.0)), [0]).numpy()[0]
    np.testing.assert_allclose(found[:2, 2:-2, 2:-2], planes(1)[:2, 22:38, 12:28], atol=1e-4)


def test_where_no_photo_has_any_none_are_packed(root):
    for path in (root / "coordinates").iterdir():
        path.unlink()
    faces = pack(root)
    assert faces.coordinates is None
    with pytest.raises(FaceveilError, match="no mask coordinates"):
        mask_coordinates(faces, [0])


def test_a_photo_without_some_is_named(root):
    (root / "coordinates/00002_Mask_Chin.png").unlink()
    with pytest.raises(FaceveilError, match=r"00002_Mask_Chin\.png: .*\(1 of 3\)"):
        pack(root)


@pytest.mark.parametrize(
    ("picture", "reason"),
    [
        (Image.new("RGB", (40, 120)), "no_coordinates"),
        (Image.new("I;16", (40, 121)), "no_coordinates"),
        (Image.new("I;16", (60, 120)), "other_shape"),
    ],
    ids=["colours", "no third", "wider"],
)
def test_a_file_that_is_none_is_named(root, picture, reason):
    picture.save(root / "coordinates/00003_Mask_Chin.png")
    with pytest.raises(FaceveilError, match=rf"00003_Mask_Chin\.png: .*40x40 pixels \({reason}\)"):
        pack(root)


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("coordinates/00001_Mask.png", "coordinates"),
        ("coordinates/00001_1_Mask.png", "coordinates"),
        ("coordinates/00001.png", "unrecognized"),
        ("coordinates/00001_Mask.jpg", "unrecognized"),
        ("coordinates/transparent/00001_Mask.png", "unrecognized"),
    ],
)
def test_they_are_known_by_folder_and_name(path, kind):
    assert recognize(path).kind == kind
