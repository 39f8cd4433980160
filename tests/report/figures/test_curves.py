"""Tests of the training curves."""

import pandas as pd
from PIL import Image

from faceveil.report.figures.curves import curve_table, draw_curves, write_curves

ROWS = [{"generator_loss": 0.1 + 0.2, "clean_face_accuracy": 1.0}] * 3


def test_curves_are_written_with_epochs_from_one_and_every_digit(tmp_path):
    write_curves(curve_table(ROWS), tmp_path / "new" / "exp0.csv")
    frame = pd.read_csv(tmp_path / "new" / "exp0.csv")
    assert list(frame.columns) == ["epoch", "generator_loss", "clean_face_accuracy"]
    assert frame["epoch"].tolist() == [1, 2, 3]
    assert frame["generator_loss"].tolist() == [0.1 + 0.2] * 3


def test_a_picture_is_drawn_for_several_experiments(tmp_path):
    table = curve_table(ROWS)
    draw_curves({"exp0": table, "exp1": table}, tmp_path / "curves.png")
    assert Image.open(tmp_path / "curves.png").width > 800
