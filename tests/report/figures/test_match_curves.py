"""CMC and DET curves."""

import numpy as np

from faceveil.report.figures.accuracy import COLOURS
from faceveil.report.figures.match_curves import cmc_chart, det_chart
from faceveil.report.figures.svg import SERIES


def test_cmc_starts_at_rank_1_and_is_in_percent():
    curves = {("exp1", "design"): [0.1, 0.4, 0.9], ("exp1", "control"): [0.8, 0.9, 1.0]}
    axis = cmc_chart(curves, ["exp0", "exp1"]).axes[0]
    design, control = axis.lines
    np.testing.assert_allclose(design.get_xdata(), [1, 2, 3])
    np.testing.assert_allclose(design.get_ydata(), [10, 40, 90])
    assert design.get_color() == control.get_color() == COLOURS[1]
    assert design.get_linestyle() == "-"
    assert control.get_linestyle() == "--"
    assert design.get_gid() == SERIES + "exp1"


def test_a_control_alone_is_not_drawn_as_a_design():
    axis = cmc_chart({("exp0", "no mask"): [0.5]}, ["exp0"]).axes[0]
    assert axis.lines[0].get_linestyle() == "--"  # matplotlib's name of every own dash


def test_det_leaves_out_what_has_no_logarithm_and_sorts():
    curves = {("exp0", "design"): [(1.0, 0.0), (0.0, 1.0), (0.01, 0.7)]}
    axis = det_chart(curves, ["exp0"]).axes[0]
    np.testing.assert_allclose(axis.lines[0].get_xdata(), [0.01, 1.0])
    np.testing.assert_allclose(axis.lines[0].get_ydata(), [70, 0])
    assert axis.get_xscale() == "log"
