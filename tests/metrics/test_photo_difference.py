"""Differences in a part of a photo, against torchmetrics where the part is the whole."""

import numpy as np
import pytest
import torch
from torchmetrics.functional.image import (
    peak_signal_noise_ratio,
    structural_similarity_index_measure,
)

from faceveil.metrics.colour_difference import delta_e_2000, lab
from faceveil.metrics.photo_difference import HIGHEST_PSNR, colour_error, psnr, ssim

DRAW = np.random.default_rng(2)
TRUTH = DRAW.integers(0, 256, (3, 32, 32, 3), dtype=np.uint8)
MADE = np.clip(TRUTH + DRAW.integers(-40, 40, TRUTH.shape), 0, 255).astype(np.uint8)
ALL = np.ones((3, 32, 32), bool)
LEFT = ALL & (np.arange(32) < 16)


def tensors(*photos):
    return [torch.from_numpy(one.astype(np.float32) / 255).permute(0, 3, 1, 2) for one in photos]


def test_psnr_of_whole_photos_is_that_of_torchmetrics():
    made, truth = tensors(MADE, TRUTH)
    for number, value in enumerate(psnr(MADE, TRUTH, ALL)):
        wanted = peak_signal_noise_ratio(made[[number]], truth[[number]], data_range=1.0)
        assert value == pytest.approx(float(wanted), rel=1e-4)


def test_ssim_away_from_the_border_is_that_of_torchmetrics():
    middle = np.zeros((3, 32, 32), bool)
    middle[:, 6:-6, 6:-6] = True
    wanted = structural_similarity_index_measure(
        *tensors(MADE, TRUTH), data_range=1.0, return_full_image=True, reduction="none"
    )[1]
    inner = wanted[:, :, 6:-6, 6:-6].mean((1, 2, 3)).numpy()
    assert ssim(MADE, TRUTH, middle) == pytest.approx(inner, rel=1e-3)


def test_the_colour_error_is_the_mean_of_pixels():
    pixels = delta_e_2000(lab(MADE[0] / 255), lab(TRUTH[0] / 255))
    assert colour_error(MADE, TRUTH, ALL)[0] == pytest.approx(pixels.mean())
    assert colour_error(MADE, TRUTH, LEFT)[0] == pytest.approx(pixels[:, :16].mean())


@pytest.mark.parametrize("measure", [psnr, ssim, colour_error])
def test_a_change_outside_of_the_region_is_not_seen(measure):
    changed = np.where(LEFT[..., None], TRUTH, MADE)
    far = LEFT & (np.arange(32) < 8)  # beyond the window of SSIM
    best = {psnr: HIGHEST_PSNR, ssim: 1, colour_error: 0}[measure]
    assert measure(changed, TRUTH, far) == pytest.approx(best)
    assert measure(changed, TRUTH, ~LEFT)[0] != pytest.approx(best, rel=0.01)


@pytest.mark.parametrize("measure", [psnr, ssim, colour_error])
def test_an_empty_region_has_no_value(measure):
    assert np.isnan(measure(MADE, TRUTH, ~ALL)).all()
