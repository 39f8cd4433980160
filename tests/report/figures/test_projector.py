"""The picture of what projectors see shows what a worn design is drawn with."""

import numpy as np
import pytest
import torch
from PIL import Image

from faceveil.report.figures.projector import PEOPLE, panels, projector_figure
from faceveil.wearing.composition import projected
from faceveil.wearing.train_projector import (
    Annotations,
    Projectors,
    measure_projector,
    train_projector,
)
from tests.wearing.masked_world import photos, settings


@pytest.fixture(scope="module")
def projectors() -> Projectors:
    faces = photos(PEOPLE + 2)[1]
    trained = {"plain": train_projector("plain", faces, settings(epochs=2))}
    measured = {name: measure_projector(p, faces) for name, p in trained.items()}
    return Projectors(trained, Annotations(faces, faces), measured)


def test_rows_are_photo_truth_and_each_architecture(projectors):
    faces = photos(3)[1]
    rows = panels(faces, projectors)
    assert list(rows) == ["photo", "truth", f"plain\nIoU {projectors.measured['plain']['iou']:.3f}"]
    assert np.allclose(rows["photo"] * 255, faces.pixels)
    assert np.allclose(rows["truth"][..., 1] * 255, faces.transparency)


def test_the_transparency_is_the_one_designs_are_worn_with_and_never_thresholded(projectors):
    # Flaw 9 of the published code: figures showed a thresholded one that training never used.
    faces = photos(3)[1]
    *_, row = panels(faces, projectors).values()
    worn_with = projected(faces, projectors.trained["plain"]).transparencies(slice(None))
    assert np.array_equal(row, np.repeat(worn_with[:, 0, ..., None].numpy(), 3, axis=3))
    with torch.no_grad():
        output = projectors.trained["plain"](faces.images(slice(None)))
    assert np.abs(row[..., 0] - output[:, 0].numpy()).max() <= 0.51 / 255
    assert ((row > 0.02) & (row < 0.98)).mean() > 0.5


def test_the_figure_shows_no_more_people_than_fit_and_is_reproducible(projectors, tmp_path):
    projector_figure(tmp_path / "one.png", projectors)
    projector_figure(tmp_path / "other.png", projectors)
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "other.png").read_bytes()
    with Image.open(tmp_path / "one.png") as picture:
        assert picture.width > 2 * picture.height
