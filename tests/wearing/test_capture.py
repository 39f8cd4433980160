"""Blur is SciPy's, resizing PyTorch's, JPEG nearly Pillow's; gradients are finite differences."""

from io import BytesIO

import numpy as np
import pytest
import torch
from PIL import Image
from scipy.ndimage import gaussian_filter
from torch.autograd import gradcheck
from torch.nn import functional

from faceveil.wearing.capture import (
    add_noise,
    blurring,
    captured,
    compress,
    light,
    resampling,
    separable,
)
from tests.wearing.textured_world import only, random


def smooth_photos(count=1, size=64):
    """Photos with coarse and fine shapes, like faces have."""
    coarse = functional.interpolate(random(count, 3, 6, 6), size, mode="bicubic")
    fine = functional.interpolate(random(count, 3, 24, 24, seed=1), size, mode="bicubic")
    return (0.8 * coarse + 0.2 * fine).clamp(0, 1)


def test_light_is_a_gain_per_channel_and_an_offset():
    found = light(torch.full((1, 3, 1, 1), 0.5), torch.tensor([[1, 0.8, 1.2]]), torch.tensor([0.1]))
    torch.testing.assert_close(found.flatten(), torch.tensor([0.6, 0.5, 0.7]))


@pytest.mark.parametrize("share", [0.01, 0.03])
def test_blur_is_scipys_away_from_the_edge(share):
    photos = random(1, 3, 64, 64)
    found = separable(photos, blurring(torch.tensor([share]), 64))[0, 0].numpy()
    expected = gaussian_filter(photos[0, 0].numpy(), 64 * share, truncate=8)
    np.testing.assert_allclose(found[12:-12, 12:-12], expected[12:-12, 12:-12], atol=1e-3)


def test_blur_keeps_an_even_photo_even_up_to_its_edge():
    even = torch.full((1, 3, 32, 32), 0.7)
    torch.testing.assert_close(separable(even, blurring(torch.tensor([0.05]), 32)), even)


@pytest.mark.parametrize("share", [0.55, 0.8, 0.999])
def test_fewer_pixels_are_pytorchs_own_resizing_there_and_back(share):
    photos = random(1, 3, 64, 64)
    small = functional.interpolate(photos, round(64 * share), mode="bilinear", antialias=True)
    expected = functional.interpolate(small, 64, mode="bilinear")
    found = separable(photos, resampling(torch.tensor([share]), 64))
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-5)


def test_steps_of_a_photo_follow_one_another():
    photos, blur, small = random(2, 3, 32, 32), torch.tensor([0.05, 0.0]), torch.tensor([0.5, 0.6])
    apart = separable(separable(photos, blurring(blur, 32)), resampling(small, 32))
    torch.testing.assert_close(separable(photos, blurring(blur, 32), resampling(small, 32)), apart)


def test_all_pixels_and_no_blur_change_nothing():
    photos = random(2, 3, 48, 48)
    same = separable(photos, blurring(torch.zeros(2), 48), resampling(torch.ones(2), 48))
    assert torch.equal(same, photos)


def test_noise_has_its_deviation_and_differs_between_photos():
    grey, seeds = torch.full((3, 3, 64, 64), 0.5), torch.tensor([1, 2, 2])
    noise = add_noise(grey, torch.tensor([0.02, 0.05, 0.0]), seeds) - grey
    assert noise[0].std().item() == pytest.approx(0.02, rel=0.03)
    assert noise[1].std().item() == pytest.approx(0.05, rel=0.03)
    assert not noise[2].any()
    assert abs(noise[0].mean().item()) < 0.001
    assert abs(np.corrcoef(noise[0].flatten(), noise[1].flatten())[0, 1]) < 0.03
    apart = np.corrcoef(noise[0, 0, :, :-1].flatten(), noise[0, 0, :, 1:].flatten())[0, 1]
    assert abs(apart) < 0.05


@pytest.mark.parametrize("quality", [50, 75, 95])
def test_jpeg_is_pillows_within_two_grey_values(quality):
    photo = smooth_photos()
    pixels = (photo[0].permute(1, 2, 0) * 255).round().to(torch.uint8)
    file = BytesIO()
    Image.fromarray(pixels.numpy()).save(file, "JPEG", quality=quality)
    expected = np.asarray(Image.open(file), dtype=np.float32)
    exact = pixels.permute(2, 0, 1)[None] / 255
    found = compress(exact, torch.tensor([float(quality)]))[0].permute(1, 2, 0).numpy() * 255
    away = np.abs(found - expected).mean()
    changed = np.abs(expected - pixels.numpy()).mean()
    assert away < 2
    assert away < changed


def test_a_photo_without_quality_is_not_compressed():
    photos = smooth_photos(3)
    found = compress(photos, torch.tensor([torch.nan, 30, torch.nan]))
    assert torch.equal(found[[0, 2]], photos[[0, 2]])
    assert (found[1] - photos[1]).abs().max() > 0.01
    assert compress(photos, torch.full((3,), torch.nan)) is photos


def test_nothing_captured_is_the_photo():
    photos = smooth_photos(4)
    assert torch.equal(captured(photos, only()), photos)


STEPS = {
    "light": {"light_gain": 0.1, "light_offset": 0.03},
    "white balance": {"white_balance": 0.1},
    "blur": {"blur_share": 0.05},
    "resolution": {"resolution_probability": 1},
    "noise": {"noise": 0.01},
    "jpeg": {"jpeg_probability": 1},
    "all": {
        "light_gain": 0.1, "white_balance": 0.05, "blur_share": 0.02, "noise": 0.01,
        "resolution_probability": 0.6, "jpeg_probability": 0.5,
    },
}  # fmt: skip


@pytest.mark.parametrize("strengths", STEPS.values(), ids=STEPS)
def test_gradients_are_finite_differences(strengths):
    photos = (0.35 + 0.3 * random(4, 3, 16, 16, dtype=torch.float64)).requires_grad_()
    conditions = only(**strengths)
    assert not torch.equal(captured(photos, conditions), photos)
    assert gradcheck(lambda taken: captured(taken, conditions), photos, fast_mode=True)


@pytest.mark.parametrize("strengths", STEPS.values(), ids=STEPS)
def test_photos_do_not_influence_each_other(strengths):
    photos, conditions = smooth_photos(4), only(**strengths)
    together = captured(photos, conditions)
    for rows in ([3, 1], [0], [2]):
        assert torch.equal(captured(photos[rows], conditions[rows]), together[rows])
