import numpy as np
import pytest
from scipy.ndimage import laplace

from faceveil.rendering.flaws import take_pair
from tests.rendering.people import somebody


def pair(flaw, number=1, size=64):
    return take_pair(np.random.default_rng(number), somebody(number), size, "correct", flaw)


def sharpness(image):
    return laplace(image.mean(axis=2)).std()


def test_a_sound_pair_differs_in_the_mask_alone():
    sound = pair("")
    away = sound.cutout[..., 3] == 0
    assert np.array_equal(sound.unmasked[away], sound.masked[away])
    assert np.abs(sound.unmasked - sound.masked).max() > 0.1


def test_blur_is_unmistakable():
    blurred, sound = pair("blurred"), pair("")
    assert sharpness(blurred.unmasked) < 0.25 * sharpness(sound.unmasked)
    assert sharpness(blurred.masked) < 0.25 * sharpness(sound.masked)


def test_no_mask_leaves_the_photo_as_it_is():
    bare = pair("no_mask")
    assert np.array_equal(bare.unmasked, bare.masked)


@pytest.mark.parametrize("flaw", ["two_faces", "out_of_frame"])
def test_the_other_flaws_change_both_pictures(flaw):
    flawed, sound = pair(flaw), pair("")
    assert np.abs(flawed.unmasked - sound.unmasked).mean() > 0.03
    assert np.abs(flawed.masked - flawed.unmasked).max() > 0.1


def test_two_faces_wear_a_mask_each():
    flawed = pair("two_faces", size=128)
    changed = np.abs(flawed.masked - flawed.unmasked).max(axis=2) > 0.08
    columns = changed.any(axis=0)
    assert columns[:64].sum() > 12 and columns[64:].sum() > 12


def test_half_the_face_is_out_of_frame():
    flawed = pair("out_of_frame", size=128)
    transparency = flawed.cutout[..., 3]
    assert max(transparency[:, 0].max(), transparency[:, -1].max()) > 0.9


def test_a_photo_may_be_taken_without_a_mask():
    bare = take_pair(np.random.default_rng(1), somebody(1), 64, "none", "")
    assert np.array_equal(bare.unmasked, bare.masked) and bare.cutout.max() == 0
    assert np.array_equal(bare.unmasked, pair("").unmasked)
