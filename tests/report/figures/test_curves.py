"""Tests of the training curves."""

import pandas as pd
from PIL import Image

from faceveil.report.figures.curves import draw_curves


def test_a_picture_is_drawn_for_several_trainings(tmp_path):
    rows = [
        {"training": training, "epoch": epoch, "generator_loss": 0.3, "clean_face_accuracy": 1.0}
        for training in (0, 1)
        for epoch in (1, 2, 3)
    ]
    draw_curves(pd.DataFrame(rows), tmp_path / "curves.png")
    assert Image.open(tmp_path / "curves.png").width > 800
