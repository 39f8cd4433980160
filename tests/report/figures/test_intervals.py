"""Points with intervals."""

import numpy as np
from matplotlib.figure import Figure
from PIL import Image

from faceveil.report.figures.accuracy import COLOURS
from faceveil.report.figures.intervals import (
    WIDTH,
    Mark,
    draw_intervals,
    interval_chart,
    span,
    write_intervals,
)
from faceveil.report.figures.svg import SERIES

MARKS = [
    Mark(label, series, 10.0 * number, 10.0 * number - 5, 10.0 * number + 8)
    for number, label in enumerate(["facenet", "black box"])
    for series in ("exp0", "exp1")
]


def lines_of(axis, series: str):
    return [line for line in axis.lines if line.get_gid() == SERIES + series]


def test_each_mark_is_a_point_inside_its_interval_on_its_own_height():
    axis = Figure().subplots()
    draw_intervals(axis, MARKS, ["exp0", "exp1"], (-10, 30))
    heights = set()
    for series, colour in zip(("exp0", "exp1"), COLOURS, strict=False):
        bars, points = lines_of(axis, series)[::2], lines_of(axis, series)[1::2]
        assert [list(bar.get_xdata()) for bar in bars] == [[-5, 8], [5, 18]]
        assert [list(np.ravel(point.get_xdata())) for point in points] == [[0], [10]]
        assert {line.get_color() for line in bars + points} == {colour}
        heights |= {round(float(np.ravel(point.get_ydata())[0]), 6) for point in points}
    assert len(heights) == 4
    assert all(-0.5 < height < 1.5 for height in heights)


def test_a_series_without_marks_keeps_its_colour():
    axis = Figure().subplots()
    draw_intervals(axis, [MARKS[1]], ["exp0", "exp1"], (0, 1))
    assert lines_of(axis, "exp1")[0].get_color() == COLOURS[1]


def test_a_published_number_is_a_cross():
    axis = Figure().subplots()
    draw_intervals(axis, [Mark("a", "exp0", 5, 1, 9, beside=23.8)], ["exp0"], (0, 30))
    cross = lines_of(axis, "exp0")[-1]
    assert (cross.get_marker(), list(np.ravel(cross.get_xdata()))) == ("x", [23.8])


def test_a_chart_grows_with_its_labels_and_stays_narrow():
    small = interval_chart(MARKS[:2], ["exp0", "exp1"], "lift", (0, 1))
    large = interval_chart(MARKS, ["exp0", "exp1"], "lift", (0, 1))
    assert small.get_figwidth() == large.get_figwidth() == WIDTH
    assert small.get_figheight() < large.get_figheight()


def test_the_axis_holds_all_intervals_and_zero():
    low, high = span([Mark("a", "b", 50, 40, 60)])
    assert low < 0
    assert high > 60
    low, _ = span([Mark("a", "b", -50, -60, -40)])
    assert low < -60


def test_a_picture_has_a_panel_per_title(tmp_path):
    write_intervals(tmp_path / "one.png", {"a": MARKS}, ["exp0", "exp1"], "lift")
    write_intervals(tmp_path / "two.png", {"a": MARKS, "b": MARKS}, ["exp0", "exp1"], "lift")
    widths = [Image.open(tmp_path / name).width for name in ("one.png", "two.png")]
    assert widths[1] == 2 * widths[0]
