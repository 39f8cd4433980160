"""The figure like the paper's."""

import numpy as np
import pytest
from PIL import Image

from faceveil.report.figures.people import people_figure


def _rows(people: int):
    colours = {"plain mask": (1, 0, 0), "exp0": (0, 1, 0), "exp1": (0, 0, 1)}
    return {k: np.tile(np.float32(v), (people, 8, 8, 1)) for k, v in colours.items()}


def test_rows_from_top_to_bottom_and_one_column_per_person(tmp_path):
    people_figure(tmp_path / "people.png", _rows(4), ["00001", "00002", "00004", "00009"])
    picture = np.asarray(Image.open(tmp_path / "people.png").convert("RGB"))
    column = picture[:, -60]
    order = [tuple(c) for c in column if tuple(c) in ((255, 0, 0), (0, 255, 0), (0, 0, 255))]
    assert list(dict.fromkeys(order)) == [(255, 0, 0), (0, 255, 0), (0, 0, 255)]
    line = (picture[picture.shape[0] // 2] == (0, 255, 0)).all(axis=1)
    assert (np.diff(line.astype(int)) == 1).sum() == 4


def test_the_same_photos_make_the_same_file(tmp_path):
    for name in ("a.png", "b.png"):
        people_figure(tmp_path / name, _rows(1), ["00001"])
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_a_row_with_another_number_of_people_is_refused(tmp_path):
    with pytest.raises(ValueError, match="row 'plain mask': 3 photos of 2 people"):
        people_figure(tmp_path / "people.png", _rows(3), ["00001", "00002"])
    assert not list(tmp_path.iterdir())
