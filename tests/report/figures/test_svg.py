"""Charts as SVG inside a page."""

import re
from xml.etree import ElementTree

import pytest
from matplotlib.figure import Figure

from faceveil.report.figures.accuracy import COLOURS
from faceveil.report.figures.svg import INK, SERIES, THEME, as_svg


def drawn() -> Figure:
    figure = Figure(figsize=(3, 2), layout="constrained")
    axis = figure.subplots()
    axis.plot([0, 1], [0, 1], color=COLOURS[0], marker="o", gid=SERIES + "exp0")
    axis.plot([0, 1], [1, 0], color=COLOURS[1], marker="s", gid=SERIES + "exp1")
    axis.text(0, 0, "a < b & c", color=INK, fontweight="bold")
    return figure


@pytest.fixture
def figure() -> Figure:
    return drawn()


def test_it_is_one_well_formed_element_with_its_description(figure):
    root = ElementTree.fromstring(as_svg(figure, "one", 'lift of "exp0" & others'))
    assert root.tag == "svg"
    assert root.attrib["role"] == "img"
    assert root.attrib["aria-label"] == 'lift of "exp0" & others'
    assert root.attrib["viewBox"] == "0 0 216 144"
    assert "width" not in root.attrib
    texts = [element.text for element in root.iter("text")]
    assert "a < b & c" in texts


def test_what_belongs_to_an_experiment_says_so(figure):
    root = ElementTree.fromstring(as_svg(figure, "one", ""))
    groups = [e.attrib["data-experiment"] for e in root.iter() if "data-experiment" in e.attrib]
    assert groups == ["exp0", "exp1"]


def test_the_page_chooses_colours_and_font(figure):
    svg = as_svg(figure, "one", "")
    for colour in (INK, COLOURS[0].lower(), COLOURS[1].lower()):
        assert f"var({THEME[colour]}, {colour})" in svg
        assert not re.search(rf"(fill|stroke): {colour}", svg)
    assert "DejaVu" not in svg
    assert "<style" not in svg
    assert "<metadata" not in svg


def test_two_charts_share_no_id_and_the_same_chart_is_the_same_text(figure):
    one, other = as_svg(figure, "one", ""), as_svg(drawn(), "other", "")
    ids = [set(re.findall(r' id="([^"]+)"', svg)) for svg in (one, other)]
    assert ids[0]
    assert not ids[0] & ids[1]
    for svg, own in zip((one, other), ids, strict=True):
        assert set(re.findall(r'(?:url\(|href=")#([^")]+)', svg)) <= own
    assert as_svg(drawn(), "one", "") == one
