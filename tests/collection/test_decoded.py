"""Files beside the other photos of their name: which of several makes the pair."""

import numpy as np
import pytest
from PIL import Image

from faceveil.collection.decoded import decode_files
from faceveil.collection.layouts import find_images


def scene(side: int) -> Image.Image:
    """A smooth picture that looks like nothing else here."""
    down, right = np.mgrid[0:side, 0:side] / side
    bands = np.stack([down, right, (down + right) / 2], axis=2)
    return Image.fromarray(np.uint8(255 * bands))


@pytest.fixture
def root(tmp_path):
    (tmp_path / "thumbnails").mkdir()
    scene(64).save(tmp_path / "thumbnails/00004.png")
    scene(128).save(tmp_path / "00004_Mask.png")
    return tmp_path


@pytest.mark.parametrize("size", [(96, 64), (64, 64)])  # another shape, and another photo
def test_the_one_that_fits_the_masked_photo_is_joined(root, size):
    (root / "in-the-wild").mkdir()
    scene(64).rotate(180).resize(size).save(root / "in-the-wild/00004.png")
    files = {file.entry.path: file for file in decode_files(root, find_images(root))}
    thumbnail = files["thumbnails/00004.png"]
    assert files["00004_Mask.png"].partner is thumbnail
    assert thumbnail.row["fits"] and "fits" not in files["in-the-wild/00004.png"].row


def test_where_several_fit_the_first_path_is_joined(root):
    (root / "images").mkdir()
    scene(200).save(root / "images/00004.png")
    files = {file.entry.path: file for file in decode_files(root, find_images(root))}
    assert files["00004_Mask.png"].partner is files["images/00004.png"]


def test_a_label_image_takes_no_more_room_than_a_photo(root):
    labels = np.zeros((900, 900), np.uint8)
    labels[450:] = 2
    Image.fromarray(labels).save(root / "00004_Mask_gt.png")
    (found,) = [file for file in decode_files(root, find_images(root)) if file.labels]
    assert found.labels.pixels.shape == (256, 256)
    assert (found.labels.pixels >= 128).mean() == pytest.approx(0.5, abs=0.01)
