"""Sampling is SciPy's, gradients are finite differences, and zero strength is flat wear."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.ndimage import map_coordinates
from torch.autograd import gradcheck

from faceveil.params.conditions import ConditionStrengths
from faceveil.params.errors import FaceveilError
from faceveil.wearing.composition import wear
from faceveil.wearing.conditions import draw_conditions
from faceveil.wearing.texture import move_mask, sample_texture, wear_texture
from tests.wearing.textured_world import IDS, covered, flat_coordinates, only, random

STORED = [0.3966, 0.4024, 0.4656, 0.4138]
"""Mean of four worn photos, when the test that asks for them was written."""

STRONG = ConditionStrengths(jpeg_probability=0.5)


def world(size=64, half=18.0, texture=(21, 24), dtype=torch.float32):
    coordinates = flat_coordinates(size, half, len(IDS), dtype)
    photos = 0.2 + 0.5 * random(len(IDS), 3, size, size, dtype=dtype)
    textures = 0.3 + 0.4 * random(len(IDS), 3, *texture, seed=1, dtype=dtype)
    return photos, covered(coordinates), coordinates, textures


def texels(coordinates, height, width):
    """Rows and columns of texels at u and v, as the data format says."""
    u, v = coordinates[:2].numpy()
    return np.stack([v * height - 0.5, (u + 1) / 2 * width - 0.5])


def test_sampling_is_scipys_bilinear_with_the_nearest_texel_beyond_the_edge():
    coordinates, texture = (
        flat_coordinates(48, 14, dtype=torch.float64),
        random(1, 3, 9, 7).double(),
    )
    found = sample_texture(texture, coordinates, torch.ones(1, 1, 48, 48))
    place = texels(coordinates[0], 9, 7)
    for channel in range(3):
        expected = map_coordinates(texture[0, channel].numpy(), place, order=1, mode="nearest")
        np.testing.assert_allclose(found[0, channel], expected, atol=1e-12)


def test_a_texture_finer_than_the_photo_is_averaged():
    """The reference is the mean of 16 x 16 samples in each pixel."""
    size, fine, texture = 32, 16, random(1, 3, 128, 128)
    many = flat_coordinates(size * fine, 12.0 * fine)[0]
    dense = map_coordinates(
        texture[0, 0].numpy(), texels(many, 128, 128), order=1, mode="nearest"
    ).reshape(size, fine, size, fine)
    coordinates = flat_coordinates(size, 12)
    inside = (covered(coordinates) > 0)[0, 0].numpy()
    expected = dense.mean(axis=(1, 3))[inside]
    found = sample_texture(texture, coordinates, covered(coordinates))[0, 0].numpy()[inside]
    single = map_coordinates(texture[0, 0].numpy(), texels(coordinates[0], 128, 128), order=1)
    assert np.sqrt(np.mean((found - expected) ** 2)) < 0.05
    assert np.sqrt(np.mean((single[inside] - expected) ** 2)) > 0.15


def test_fine_stripes_do_not_come_back_as_coarse_ones():
    stripes = (torch.arange(200) % 2).float().expand(1, 3, 175, 200)
    found = sample_texture(stripes, flat_coordinates(64, 30), torch.ones(1, 1, 64, 64))
    assert (found[..., 10:-10, 10:-10] - 0.5).abs().max() < 0.02


def test_the_edge_of_a_pleat_is_not_smoothed():
    """Below the middle, another part of the cloth is seen."""
    coordinates, texture = (
        flat_coordinates(48, 14, dtype=torch.float64),
        random(1, 3, 21, 24).double(),
    )
    coordinates[:, 1, 24:] += 0.3
    found = sample_texture(texture, coordinates, torch.ones(1, 1, 48, 48))[0, 0]
    place = texels(coordinates[0], 21, 24)
    expected = map_coordinates(texture[0, 0].numpy(), place, order=1, mode="nearest")
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_worn_is_the_shaded_texture_blended_by_transparency():
    photos, a, coordinates, textures = world()
    worn = wear_texture(photos, a, coordinates, textures)
    seen = sample_texture(textures, coordinates, a) * coordinates[:, 2:]
    torch.testing.assert_close(worn, photos * (1 - a) + seen * a)
    assert torch.equal(worn[a.expand_as(worn) == 0], photos[a.expand_as(worn) == 0])


def test_a_texture_in_the_photos_frame_is_the_published_placement():
    photos, a, coordinates, _ = world()
    place = (torch.arange(64) + 0.5) / 64
    v, u = torch.meshgrid(place, 2 * place - 1, indexing="ij")
    framed = torch.stack([u, v, torch.ones_like(u)]).expand_as(coordinates)
    design = random(len(IDS), 3, 64, 64, seed=2)
    worn = wear_texture(photos, a, framed, design)
    torch.testing.assert_close(worn, wear(photos, a, design))


def test_what_nobody_sees_of_the_mask_changes_nothing():
    photos, _, coordinates, textures = world()
    nothing = torch.zeros(len(IDS), 1, 64, 64)
    assert torch.equal(wear_texture(photos, nothing, coordinates, textures), photos)


def test_too_much_light_on_the_cloth_is_clipped():
    photos, a, coordinates, textures = world()
    coordinates[:, 2] = 2
    worn = wear_texture(photos, a, coordinates, 0 * textures + 0.9)
    assert worn.max() == 1


def test_without_strength_it_is_flat_to_the_last_bit():
    photos, a, coordinates, textures = world()
    worn = wear_texture(photos, a, coordinates, textures, only())
    assert torch.equal(worn, wear_texture(photos, a, coordinates, textures))


def test_a_mask_moved_by_a_tenth_moves_the_pattern_by_that_and_nothing_else():
    coordinates, texture = flat_coordinates(64, 20), random(1, 3, 28, 32)
    condition = replace(only()[:1], mask_moved=torch.tensor([[0.1, -0.2]]))  # 2 and 4 pixels
    shown = torch.ones(1, 1, 64, 64)
    still = sample_texture(texture, coordinates, shown)
    moved = sample_texture(texture, move_mask(coordinates, condition), shown)
    torch.testing.assert_close(
        moved[..., 8:-8, 8:-8], still[..., 12:-4, 6:-10], atol=1e-5, rtol=1e-5
    )
    assert torch.equal(move_mask(coordinates, condition)[:, 2], coordinates[:, 2])


def test_a_turned_and_scaled_mask_is_a_complex_factor_around_its_middle():
    coordinates = flat_coordinates(32, 12, dtype=torch.float64)
    turned, size = torch.tensor([0.3]), torch.tensor([1.2])
    condition = replace(only()[:1], mask_turned=turned, mask_scaled=size)
    u, v, _ = move_mask(coordinates, condition)[0].numpy()
    lies = u + 1j * (v - 0.5) * 1.75  # this place of the cloth ...
    seen = lies * 1.2 * np.exp(0.3j)  # ... is seen here, clockwise as v grows downwards
    np.testing.assert_allclose(seen.real, coordinates[0, 0], atol=1e-6)
    np.testing.assert_allclose(seen.imag / 1.75 + 0.5, coordinates[0, 1], atol=1e-6)


@pytest.mark.parametrize("texture", [(5, 6), (21, 24)])
def test_gradients_of_sampling_are_finite_differences(texture):
    _, a, coordinates, textures = world(16, 5, texture, torch.float64)
    textures.requires_grad_()
    assert gradcheck(lambda t: sample_texture(t, coordinates, a), textures, fast_mode=True)


def test_gradients_of_the_whole_are_finite_differences():
    photos, a, coordinates, textures = world(16, 5, (7, 8), torch.float64)
    conditions = replace(
        draw_conditions(STRONG, IDS, 0, 0),
        noise=torch.full((4,), 0.005),  # so little that nothing is clipped, where it has a kink
        jpeg_quality=torch.tensor([90, torch.nan, 60, torch.nan]),
    )
    textures.requires_grad_()
    assert gradcheck(
        lambda t: wear_texture(photos, a, coordinates, t, conditions), textures, fast_mode=True
    )


def test_a_draw_gives_the_same_bytes_in_any_batch_and_order():
    worn = wear_texture(*world(), draw_conditions(STRONG, IDS, 3, 2021))
    assert torch.equal(worn, wear_texture(*world(), draw_conditions(STRONG, IDS, 3, 2021)))
    for rows in ([2, 0, 3, 1], [3], [1, 2]):
        chosen = draw_conditions(STRONG, [IDS[row] for row in rows], 3, 2021)
        part = wear_texture(*(tensor[rows] for tensor in world()), chosen)
        assert torch.equal(part, worn[rows])


def test_a_draw_stays_what_it_was():
    worn = wear_texture(*world(), draw_conditions(STRONG, IDS, 3, 2021))
    assert worn.mean(dim=(1, 2, 3)).tolist() == pytest.approx(STORED, abs=2e-4)
    assert worn.min() >= 0
    assert worn.max() <= 1


def test_a_measured_printer_takes_the_place_of_dot_gain_and_gamut():
    photos, a, coordinates, textures = world()
    conditions = only(dot_gain=0.2, darkest_ink=0.3)
    worn = wear_texture(photos, a, coordinates, textures, conditions, lambda wanted: wanted**2)
    expected = wear_texture(photos, a, coordinates, textures)
    seen = sample_texture(textures, coordinates, a)
    torch.testing.assert_close(worn - expected, a * coordinates[:, 2:] * (seen**2 - seen))


def test_photos_without_coordinates_are_refused():
    photos, a, _, textures = world()
    with pytest.raises(FaceveilError, match=r"^the photos have no mask coordinates.*placement im"):
        wear_texture(photos, a, None, textures)


@pytest.mark.parametrize(
    ("which", "shape", "message"),
    [
        (0, (4, 1, 64, 64), r"photos must be \(4, 3, 64, 64\), not \(4, 1, 64, 64\)"),
        (1, (4, 1, 32, 32), r"transparency must be \(4, 1, 64, 64\), not \(4, 1, 32, 32\)"),
        (2, (4, 3, 32, 32), r"coordinates must be \(4, 3, 64, 64\), not \(4, 3, 32, 32\)"),
        (2, (1, 3, 64, 64), r"coordinates must be \(4, 3, 64, 64\), not \(1, 3"),
        (2, (4, 2, 64, 64), r"coordinates must be \(4, 3, 64, 64\), not \(4, 2"),
        (3, (1, 3, 21, 24), r"textures must be \(4, 3, H, W\), not \(1, 3"),
        (3, (4, 1, 21, 24), r"textures must be \(4, 3, H, W\), not \(4, 1"),
        (3, (3, 21, 24), r"textures must be \(4, 3, H, W\), not \(3, 21, 24\)"),
        (3, (4, 3, 0, 24), r"textures must be \(4, 3, H, W\), not \(4, 3, 0, 24\)"),
    ],
)
def test_shapes_that_do_not_fit_are_refused(which, shape, message):
    inputs = [*world()]
    inputs[which] = torch.zeros(shape)
    with pytest.raises(ValueError, match=message):
        wear_texture(*inputs)


def test_conditions_of_other_photos_are_refused():
    with pytest.raises(ValueError, match="4 photos need as many conditions, not 2"):
        wear_texture(*world(), only()[:2])
