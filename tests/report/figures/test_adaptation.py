"""Lift over the photos that the recognizer learned from."""

import numpy as np

from faceveil.report.figures.adaptation import adaptation_chart
from faceveil.report.figures.intervals import Mark
from faceveil.report.figures.svg import SERIES

LIFTS = {
    1000: [Mark("1000", "exp0", 20, 10, 30)],
    0: [Mark("0", "exp0", 70, 60, 80), Mark("0", "exp1", 50, 40, 60)],
}


def lines_of(axis, series: str):
    return [line for line in axis.lines if line.get_gid() == SERIES + series]


def test_numbers_of_photos_are_in_order_whatever_order_they_come_in():
    axis = adaptation_chart(LIFTS, ["exp0", "exp1"]).axes[0]
    assert [label.get_text() for label in axis.get_xticklabels()] == ["0", "1,000"]
    *bars, curve = lines_of(axis, "exp0")
    np.testing.assert_allclose(curve.get_ydata(), [70, 20])
    assert [list(bar.get_ydata()) for bar in bars] == [[60, 80], [10, 30]]
    assert curve.get_xdata()[0] < curve.get_xdata()[1]


def test_an_experiment_may_lack_a_number_and_none_hides_another():
    axis = adaptation_chart(LIFTS, ["exp0", "exp1"]).axes[0]
    *_, first = lines_of(axis, "exp0")
    *_, second = lines_of(axis, "exp1")
    assert len(second.get_xdata()) == 1
    assert first.get_xdata()[0] != second.get_xdata()[0]


def test_zero_is_on_the_axis():
    low, high = adaptation_chart(LIFTS, ["exp0", "exp1"]).axes[0].get_ylim()
    assert low < 0
    assert high > 80
