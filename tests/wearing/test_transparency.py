"""Tests of where the mask is."""

import errno
import os

import numpy as np
import pandas as pd
import pytest
import torch

from faceveil.params.errors import FaceveilError
from faceveil.store.faces import PackedFaces
from faceveil.wearing.composition import annotated, projected

SIZE = 32


def faces(image_ids, shade=90, transparency=None):
    pixels = np.full((len(image_ids), SIZE, SIZE, 3), shade, np.uint8)
    rows = pd.DataFrame(
        {
            "subject_id": [i.removesuffix("_Mask") for i in image_ids],
            "image_id": image_ids,
            "split": "train",
        }
    )
    return PackedFaces(pixels, rows, transparency)


def brightness(images):
    return images.mean(1, keepdim=True)


@pytest.mark.parametrize("batch_size", [1, 2, 64])
def test_projected_transparency_is_kept_as_soft_as_the_projector_sees_it(batch_size):
    # Flaw 9 of the published code: figures showed a thresholded one that training never used.
    photos = faces(["00000_Mask", "00001_Mask", "00002_Mask"])
    photos.pixels[1] = np.arange(SIZE)[:, None, None] * 8
    seen = projected(photos, brightness, batch_size=batch_size)
    expected = photos.pixels.mean(-1, dtype=np.float64)
    assert np.abs(seen.transparency - expected).max() <= 0.5
    assert len(np.unique(seen.transparency[1])) == SIZE
    torch.testing.assert_close(
        seen.transparencies([1]), brightness(photos.images([1])), rtol=0, atol=0.5 / 255
    )


def test_projecting_keeps_no_gradient():
    layer = torch.nn.Conv2d(3, 1, 1)
    projected(faces(["00000_Mask"]), lambda images: layer(images).sigmoid())
    assert layer.weight.grad is None


def pair():
    """Photos of three people, whose masks begin at different heights; listed in another order."""
    masked = faces(["00002_Mask", "00000_Mask", "00001_Mask"])
    unmasked = faces(["00000", "00001", "00002"])
    masked.pixels[0, 20:], masked.pixels[1, 22:], masked.pixels[2, 25:] = 220, 220, 220
    return masked, unmasked


def test_cutouts_come_first_and_the_difference_of_the_pair_else():
    masked, unmasked = pair()
    cutout = np.random.default_rng(0).integers(0, 256, (1, SIZE, SIZE), np.uint8)
    cutouts = faces(["00000_Mask"], transparency=cutout)
    known = annotated(masked, unmasked, cutouts).transparency
    np.testing.assert_array_equal(known[1], cutout[0])
    # Joined by id: each pair's own edge, though both collections are in another order.
    for row, edge in ((0, 20), (2, 25)):
        assert known[row, edge + 3 :].min() > 200
        assert known[row, : edge - 3].max() < 50


def test_a_photo_with_neither_cutout_nor_pair_is_refused_by_name():
    masked, unmasked = pair()
    alone = PackedFaces(unmasked.pixels[:2], unmasked.rows[:2])
    with pytest.raises(FaceveilError, match="'00002_Mask' has neither"):
        annotated(masked, alone, faces([]))


def test_transparencies_of_many_photos_lie_in_a_file_and_leave_none(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    masked, unmasked = pair()
    cutouts = faces([], transparency=np.zeros((0, SIZE, SIZE), np.uint8))
    for found in (projected(masked, brightness), annotated(masked, unmasked, cutouts)):
        assert isinstance(found.transparency, np.memmap)
        assert found.transparency.any()
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_an_error_before_anything_is_written(monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", full, raising=False)
    with pytest.raises(OSError, match="No space"):
        projected(faces(["00000_Mask"]), brightness)
