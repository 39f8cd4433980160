import numpy as np
import pytest

from faceveil.rendering import noise


def test_tiles_are_standardized_and_seamless():
    tile = noise.tile(3, 3)
    assert tile.shape == (noise.TILE, noise.TILE)
    assert abs(tile.mean()) < 1e-4 and tile.std() == pytest.approx(1, abs=1e-3)
    inner = np.abs(np.diff(tile, axis=0)).max()
    assert np.abs(tile[0] - tile[-1]).max() <= inner


def test_strands_vary_less_along_than_across():
    tile = noise.tile(1, 20)
    assert np.abs(np.diff(tile, axis=0)).mean() < 0.2 * np.abs(np.diff(tile, axis=1)).mean()


def test_read_tile_wraps():
    tile = noise.tile(2, 2)
    at = np.array([3.5, 200.2], np.float32)
    here = noise.read_tile(tile, at, at)
    assert np.array_equal(here, noise.read_tile(tile, at + noise.TILE, at - noise.TILE))
    assert here[0] == tile[3, 3]


@pytest.mark.parametrize(("low", "high"), [(0.0, 2.0), (2.0, 0.0)])
def test_step_goes_from_low_to_high(low, high):
    value = np.array([low, 0.5 * (low + high), high], np.float32)
    assert np.allclose(noise.step(value, low, high), [0, 0.5, 1])


def test_bell_is_a_gaussian():
    x = np.linspace(-3, 3, 7, dtype=np.float32)
    assert np.allclose(noise.bell(x, 1.5), np.exp(-0.5 * (x / 1.5) ** 2), atol=1e-6)


def test_linear_light_and_back():
    srgb = np.linspace(0, 1, 9, dtype=np.float32)
    assert np.allclose(noise.to_srgb(noise.to_linear(srgb)), srgb, atol=1e-5)
    assert noise.colour(255, 0, 255).tolist() == [1, 0, 1]


def test_ramp_meets_its_stops():
    stops = np.array([[0, 0, 0], [1, 2, 3], [2, 2, 2]], np.float32)
    assert noise.ramp(0.5, stops).tolist() == [1, 2, 3]
    assert noise.ramp(0.25, stops).tolist() == [0.5, 1, 1.5]
