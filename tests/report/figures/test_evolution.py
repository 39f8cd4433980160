"""Tests of the design evolution."""

import numpy as np
from PIL import Image

from faceveil.report.figures.evolution import GAP, draw_evolution, write_sheets


def sheets():
    stream = np.random.default_rng(0)
    return {epoch: stream.integers(0, 256, (3, 16, 16, 3), np.uint8) for epoch in (10, 0, 2)}


def test_evolution_is_wider_with_more_epochs_and_the_same_on_each_run(tmp_path):
    paths = [tmp_path / f"{name}.png" for name in "abc"]
    draw_evolution(sheets(), paths[0], "Designs")
    draw_evolution(sheets(), paths[1], "Designs")
    draw_evolution({0: sheets()[0]}, paths[2], "Designs")
    assert paths[0].read_bytes() == paths[1].read_bytes()
    assert Image.open(paths[0]).width > 2 * Image.open(paths[2]).width


def test_sheets_are_written_by_epoch_pixel_for_pixel(tmp_path):
    paths = write_sheets(sheets(), tmp_path / "new")
    assert list(paths) == [0, 2, 10]
    picture = np.asarray(Image.open(paths[2]))
    assert picture.shape == (16 + 2 * GAP, 3 * (16 + 2 * GAP), 3)
    np.testing.assert_array_equal(picture[GAP : GAP + 16, GAP : GAP + 16], sheets()[2][0])
    assert (picture[0] == 255).all()
