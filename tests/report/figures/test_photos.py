"""Photos as data addresses."""

import base64
import io

import numpy as np
import pytest
from PIL import Image

from faceveil.params.errors import FaceveilError
from faceveil.report.figures import photos as module
from faceveil.report.figures.photos import jpeg_uri


def decoded(uri: str) -> np.ndarray:
    head, _, data = uri.partition(",")
    assert head == "data:image/jpeg;base64"
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(data))))


def test_a_photo_comes_back_as_it_was_but_for_jpeg():
    ramp = np.linspace(0, 1, 64, dtype=np.float32)
    photo = np.stack(
        [np.tile(ramp, (64, 1)), np.tile(ramp[:, None], (1, 64)), np.ones((64, 64))], 2
    )
    back = decoded(jpeg_uri(photo.astype(np.float32)))
    assert back.shape == (64, 64, 3)
    assert np.abs(back / 255 - photo).mean() < 0.02


def test_values_out_of_range_are_clipped():
    photo = np.full((16, 16, 3), 1.7, np.float32)
    assert decoded(jpeg_uri(photo)).min() == 255
    assert decoded(jpeg_uri(-photo)).max() == 0


def test_a_large_photo_is_made_smaller_and_a_small_one_is_left():
    photo = np.zeros((300, 300, 3), np.float32)
    assert decoded(jpeg_uri(photo, side=100)).shape == (100, 100, 3)
    assert decoded(jpeg_uri(photo[:40, :40], side=100)).shape == (40, 40, 3)


def test_noise_at_the_size_of_a_page_is_light_enough():
    noise = np.random.default_rng(0).random((160, 160, 3), dtype=np.float32)
    assert len(jpeg_uri(noise)) < 100_000 * 4 / 3


def test_what_is_too_heavy_is_refused(monkeypatch):
    monkeypatch.setattr(module, "MOST_BYTES", 100)
    with pytest.raises(FaceveilError, match="a photo of 160 px weighs"):
        jpeg_uri(np.zeros((32, 32, 3), np.float32))
