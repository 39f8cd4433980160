"""Lift as a map."""

import pytest

from faceveil.report.figures.heat_map import FRAME, Cell, heat_map
from faceveil.report.figures.svg import SERIES

CELLS = {
    ("exp0", "facenet"): Cell(70, 60, 80),
    ("exp0", "black_box_with_name"): Cell(-4, -10, 2),
    ("exp1", "facenet"): Cell(-60, -70, -50),
}


@pytest.fixture
def axis():
    return heat_map(CELLS, ["exp0", "exp1"], ["facenet", "black_box_with_name"]).axes[0]


def test_every_pair_has_its_cell_and_its_numbers(axis):
    texts = [text.get_text() for text in axis.texts]
    minus = "\N{MINUS SIGN}"
    assert texts == [
        "+70",
        "+60 to +80",
        f"{minus}4",
        f"{minus}10 to +2",
        f"{minus}60",
        f"{minus}70 to {minus}50",
        "not\nmeasured",
    ]
    assert len(axis.patches) == 4
    assert {patch.get_gid() for patch in axis.patches} == {SERIES + "exp0", SERIES + "exp1"}


def test_blue_protects_and_red_does_not(axis):
    protects, _, fails, _ = (patch.get_facecolor() for patch in axis.patches)
    assert protects[2] > protects[0]
    assert fails[0] > fails[2]


def test_only_an_interval_that_holds_zero_is_framed(axis):
    framed = [patch.get_linestyle() not in ("-", "solid") for patch in axis.patches]
    assert framed[:3] == [False, True, False]
    assert FRAME == "#555555"


def test_numbers_stand_out_from_their_cell():
    for value in range(-100, 101, 10):
        cells = {("a", "b"): Cell(value, value - 1, value + 1)}
        axis = heat_map(cells, ["a"], ["b"]).axes[0]
        cell = luminance(axis.patches[0].get_facecolor()[:3])
        ink = {"#ffffff": 1.0, "#000000": 0.0}[axis.texts[0].get_color()]
        assert (max(cell, ink) + 0.05) / (min(cell, ink) + 0.05) >= 4.5, value


def luminance(colour) -> float:
    """Relative luminance as WCAG defines it."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_long_names_are_broken(axis):
    assert [label.get_text() for label in axis.get_xticklabels()][1] == "black_\nbox_with_name"
