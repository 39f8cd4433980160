"""The mask is found by what a pair differs in, through the noise of compression."""

import io

import numpy as np
import pytest
from PIL import Image
from scipy import ndimage

from faceveil.collection.difference import difference_transparency

SIDE = 128


def photo(seed: int = 0) -> np.ndarray:
    """A picture with detail of all sizes, uint8."""
    rng = np.random.default_rng(seed)
    layers = [
        ndimage.gaussian_filter(rng.normal(size=(SIDE, SIDE, 3)), (s, s, 0)) * s for s in (1, 4, 16)
    ]
    return np.clip(110 + 60 * sum(layers), 0, 255).astype(np.uint8)


def soft_ellipse() -> np.ndarray:
    y, x = np.mgrid[:SIDE, :SIDE]
    inside = ((x - 64) / 34) ** 2 + ((y - 82) / 24) ** 2 < 1
    return ndimage.gaussian_filter(inside.astype(float), 0.7)


def pasted(face: np.ndarray, transparency: np.ndarray, colour: tuple[int, int, int]) -> np.ndarray:
    a = transparency[..., None]
    return np.rint(face * (1 - a) + np.array(colour) * a).astype(np.uint8)


def jpeg(pixels: np.ndarray, quality: int) -> np.ndarray:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=quality)
    return np.asarray(Image.open(buffer))


@pytest.mark.parametrize("quality", [75, 92])
@pytest.mark.parametrize("colour", [(150, 200, 235), (250, 250, 250), (20, 20, 25)])
def test_a_pasted_mask_is_found(quality, colour):
    face, true = photo(), soft_ellipse()
    found = difference_transparency(jpeg(face, quality), jpeg(pasted(face, true, colour), quality))
    assert found.dtype == np.float32 and found.min() >= 0 and found.max() <= 1
    both, either = np.minimum(found, true).sum(), np.maximum(found, true).sum()
    assert both / either > 0.95
    assert found[82, 64] == 1 and found[5, 5] == 0


def test_the_rim_is_solved_for():
    face, true = np.full((SIDE, SIDE, 3), 90, np.uint8), soft_ellipse()
    found = difference_transparency(face, pasted(face, true, (200, 220, 240)))
    rim = (true > 0.1) & (true < 0.9)
    assert np.abs(found - true)[rim].mean() < 0.05


def test_compression_alone_is_no_mask():
    face = photo()
    assert not difference_transparency(face, jpeg(face, 80)).any()
    assert not difference_transparency(face, face).any()


def test_holes_of_the_face_s_own_colour_are_filled():
    face, true = photo(), soft_ellipse()
    worn = pasted(face, true, (150, 200, 235))
    worn[78:84, 60:68] = face[78:84, 60:68]
    assert difference_transparency(face, worn)[80, 64] == 1


def test_specks_and_straps_are_left_out():
    face = photo()
    worn = pasted(face, soft_ellipse(), (150, 200, 235))
    worn[10:12, 10:12] = 255
    worn[60:80, 10:12] = 255
    found = difference_transparency(face, worn)
    assert not found[:20, :20].any() and not found[60:80, 5:15].any()


def test_photos_of_different_shape_are_refused():
    with pytest.raises(ValueError, match="shape"):
        difference_transparency(photo(), photo()[:100])
