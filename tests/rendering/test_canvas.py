import numpy as np
from scipy.ndimage import map_coordinates

from faceveil.rendering.canvas import CHANNELS, LEFT, TOP, blank, read


def test_reading_is_bilinear():
    canvas = blank(2.0)
    canvas.layers[...] = np.random.default_rng(0).standard_normal(canvas.layers.shape)
    x = np.array([[-40.3, 0.0, 12.7]], np.float32)
    y = np.array([[-50.1, 3.3, 99.9]], np.float32)
    at = [(y - TOP) / 2.0, (x - LEFT) / 2.0]
    expected = [map_coordinates(layer, at, order=1) for layer in canvas.layers]
    found = read(canvas.layers, canvas, x, y)
    assert found.shape == (CHANNELS, 1, 3) and found.dtype == np.float32
    assert np.allclose(found, expected, atol=1e-4)
    assert np.allclose(read(canvas.relief, canvas, x, y), expected[4], atol=1e-4)


def test_reading_outside_takes_the_nearest_edge():
    canvas = blank(2.0)
    canvas.relief[...] = canvas.x
    far = np.array([[-500.0, 500.0]], np.float32)
    found = read(canvas.relief, canvas, far, np.zeros_like(far))
    assert np.allclose(found, [[canvas.x[0, 0], canvas.x[0, -1]]], atol=0.01)


def test_a_window_is_a_part_that_shares_memory():
    canvas = blank(1.0)
    window = canvas.window(-10, 10, 20, 30)
    assert window.x.min() >= -10 and window.x.max() < 10
    window.paint(np.array([1, 0.5, 0], np.float32), np.ones(window.relief.shape, np.float32))
    painted = canvas.albedo[0] == 1
    assert painted.sum() == window.relief.size
    assert (canvas.albedo[1][painted] == 0.5).all()


def test_tint_multiplies_where_it_covers():
    canvas = blank(4.0)
    canvas.albedo[...] = 0.5
    cover = np.zeros(canvas.relief.shape, np.float32)
    cover[0] = 1
    canvas.tint(np.array([0.5, 1, 2], np.float32), cover)
    assert canvas.albedo[:, 0, 0].tolist() == [0.25, 0.5, 1.0]
    assert canvas.albedo[:, 1, 0].tolist() == [0.5, 0.5, 0.5]
