"""The chart of the accuracy table."""

import pandas as pd
import pytest
from matplotlib.figure import Figure
from PIL import Image

from faceveil.report.figures.accuracy import COLOURS, _panel, accuracy_figure


@pytest.fixture
def table():
    lines = [
        {
            "label": label,
            "protocol": protocol,
            "experiment": experiment,
            "accuracy": 10.0 * number,
            "low": 10.0 * number - 4,
            "high": 10.0 * number + 8,
            "published": 33.0 if label == "plain" and protocol == "same_photo" else None,
        }
        for protocol in ("same_photo", "other_photo")
        for number, label in enumerate(["generated", "plain", "grey"], start=1)
        for experiment in ("exp0", "exp1")
    ]
    return pd.DataFrame(lines).astype({"published": "float64"})


def test_points_lie_inside_their_intervals_and_rows_do_not_overlap(table):
    axis = Figure().subplots()
    chosen = table[table["protocol"] == "same_photo"]
    _panel(axis, chosen, ["generated", "plain", "grey"], ["exp0", "exp1"])
    points = [line for line in axis.lines if line.get_color() in COLOURS]
    assert [list(line.get_xdata()) for line in points] == [[10, 20, 30]] * 2
    heights = sorted(float(y) for line in points for y in line.get_ydata())
    assert [round(height) for height in heights] == [0, 0, 1, 1, 2, 2]
    (exp0, exp1) = (collection.get_segments() for collection in axis.collections)
    assert exp0[1][:, 0].tolist() == exp1[1][:, 0].tolist() == [16, 28]


def test_one_panel_per_protocol_makes_the_picture_wider(table, tmp_path):
    accuracy_figure(tmp_path / "two.png", table)
    accuracy_figure(tmp_path / "one.png", table[table["protocol"] == "same_photo"])
    widths = [Image.open(tmp_path / name).width for name in ("one.png", "two.png")]
    assert widths[0] < widths[1]


def test_the_same_table_makes_the_same_file(table, tmp_path):
    for name in ("a.png", "b.png"):
        accuracy_figure(tmp_path / name, table)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
