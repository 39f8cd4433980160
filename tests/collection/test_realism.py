"""A mask has an outline and one material; a patch of the photo itself has neither."""

import numpy as np
import pytest
from scipy import ndimage

from faceveil.collection.measures import measure_realism

Y, X = np.mgrid[:128, :128]
REGION = ((X - 64) / 30) ** 2 + ((Y - 80) / 20) ** 2 < 1


def face(seed: int = 0) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(size=(128, 128, 3))
    return np.clip(
        np.array([190, 140, 110]) + 40 * ndimage.gaussian_filter(noise, (3, 3, 0)), 0, 255
    )


def wearing(colour: np.ndarray) -> np.ndarray:
    return np.where(REGION[..., None], colour, face()).astype(np.uint8)


def test_a_shaded_mask_is_real():
    shade = 0.7 + 0.3 * np.cos(Y / 6)[..., None]
    assert measure_realism(wearing(shade * np.array([150, 200, 235])), REGION) > 0.8


def test_a_patch_of_skin_has_no_outline():
    assert measure_realism(face().astype(np.uint8), REGION) < 0.6


def test_another_photo_is_no_one_material():
    noise = np.random.default_rng(1).uniform(0, 255, (128, 128, 3))
    colours = ndimage.gaussian_filter(noise, (4, 4, 0)) * 6 - 640
    assert measure_realism(wearing(np.clip(colours, 0, 255)), REGION) < 0.6


@pytest.mark.parametrize("region", [np.zeros((128, 128), bool), (X == 5) & (Y == 5)])
def test_a_region_without_an_inside_is_not_real(region):
    assert measure_realism(wearing(np.array([150, 200, 235])), region) == 0


def test_a_region_without_an_outside_has_no_edge():
    assert measure_realism(wearing(np.array([150, 200, 235])), np.ones((128, 128), bool)) == 0
