"""Sharpness falls with blur and follows neither size, contrast nor brightness."""

import numpy as np
import pytest
from scipy import ndimage

from faceveil.collection.images import resize
from faceveil.collection.measures import measure_sharpness

BOX = np.array([24.0, 16.0, 104.0, 116.0])


@pytest.fixture(scope="module")
def photo():
    """Detail of all sizes, as in a photo: amplitude falls with frequency."""
    rng = np.random.default_rng(0)
    frequency = np.hypot(np.fft.fftfreq(128)[:, None], np.fft.fftfreq(128)[None])
    spectrum = np.fft.fft2(rng.normal(size=(128, 128))) / np.maximum(frequency, 1 / 128)
    grey = np.fft.ifft2(spectrum).real
    grey = 120 + 40 * (grey - grey.mean()) / grey.std()
    return np.repeat(np.clip(grey, 0, 255)[..., None], 3, axis=2).astype(np.uint8)


def blurred(photo: np.ndarray, sigma: float) -> np.ndarray:
    return ndimage.gaussian_filter(photo, (sigma, sigma, 0))


def test_blur_lowers_it_step_by_step(photo):
    found = [measure_sharpness(blurred(photo, sigma), BOX) for sigma in (0, 1.5, 3, 6)]
    assert found == sorted(found, reverse=True)
    assert found[2] < 0.6 * found[0]


def test_size_contrast_and_brightness_hardly_matter(photo):
    sharp = measure_sharpness(photo, BOX)
    larger = measure_sharpness(resize(photo, 256, 256), 2 * BOX)
    fainter = measure_sharpness((photo // 2 + 20).astype(np.uint8), BOX)
    assert larger == pytest.approx(sharp, rel=0.1)
    assert fainter == pytest.approx(sharp, rel=0.1)


def test_what_a_mask_hides_is_not_looked_at(photo):
    worn = photo.copy()
    worn[80:] = 200
    assert measure_sharpness(worn, BOX) == measure_sharpness(photo, BOX)


@pytest.mark.parametrize("box", [[200, 200, 260, 260], [-80, 0, -10, 90], [60, 60, 62, 63]])
def test_a_box_without_pixels_is_not_sharp(photo, box):
    assert measure_sharpness(photo, np.array(box, float)) == 0


def test_a_flat_face_is_not_sharp(photo):
    assert measure_sharpness(np.full_like(photo, 90), BOX) == 0
