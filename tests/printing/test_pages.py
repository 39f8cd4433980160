"""Pages: true millimetres, text inside the margins, and nothing on top of anything else."""

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.patches import Circle

from faceveil.printing import chart
from faceveil.printing.kinds import KINDS
from faceveil.printing.pages import PAPERS, PrintedDesign, chart_page, instruction_page, piece_page

LONGEST = PrintedDesign("W" * 32, np.full((3, 126, 144), 0.4, np.float32))
LEAST_MARGIN = 11.9


def boxes(axes, things):
    """Where things are on their page, millimetres: left, top, right, bottom, ``[N, 4]``."""
    renderer = FigureCanvasAgg(axes.figure).get_renderer()
    extents = [thing.get_window_extent(renderer).extents for thing in things]
    corners = np.array(extents).reshape(-1, 2, 2)
    inside = axes.transData.inverted().transform(corners.reshape(-1, 2)).reshape(-1, 2, 2)
    return np.concatenate([inside.min(axis=1), inside.max(axis=1)], axis=1)


def every_page(paper):
    yield chart_page(LONGEST, PAPERS[paper])
    for kind in KINDS.values():
        yield instruction_page(LONGEST, kind.wording, PAPERS[paper])
        if kind.wording.title != "Gaiter":
            yield piece_page(LONGEST, kind.wording.title, kind.pieces()[0], PAPERS[paper], 30)


@pytest.mark.parametrize("paper", PAPERS)
def test_no_text_leaves_the_page_or_lies_on_other_things(paper):
    for axes in every_page(paper):
        size = axes.figure.get_size_inches() * 25.4
        assert size == pytest.approx(PAPERS[paper])
        words = [one for one in axes.texts if one.get_text().strip()]
        marks = [one for one in axes.patches if isinstance(one, Circle)]
        texts = boxes(axes, words)
        assert (texts[:, :2] >= LEAST_MARGIN).all()
        assert (texts[:, 2:] <= size - LEAST_MARGIN).all()
        letters = np.array([one.get_text() in "ABC" for one in words])  # on the cloth, on purpose
        bodies = np.concatenate([texts[~letters], boxes(axes, marks) if marks else texts[:0]])
        pictures = boxes(axes, axes.images) if axes.images else texts[:0]
        for number, one in enumerate(texts):
            if letters[number]:
                continue
            others = np.concatenate([np.delete(bodies, (~letters[:number]).sum(), 0), pictures])
            apart = (one[:2] >= others[:, 2:]).any(1) | (one[2:] <= others[:, :2]).any(1)
            assert apart.all(), words[number].get_text()


@pytest.mark.parametrize("paper", PAPERS)
def test_the_chart_is_where_the_reader_looks(paper):
    axes = chart_page(LONGEST, PAPERS[paper])
    centres = {tuple(np.round(one.center, 3)) for one in axes.patches if isinstance(one, Circle)}
    left, top = (np.array(PAPERS[paper]) - (chart.WIDTH, chart.HEIGHT)) / 2
    assert centres == {(round(x + left, 3), round(y + top, 3)) for x, y in chart.marks()}


def test_patches_are_distinct_known_and_apart():
    assert len(np.unique(chart.colours(), axis=0)) == len(chart.colours()) == 72
    for places in (chart.patches(), chart.marks()):
        gaps = np.linalg.norm(places[:, None] - places[None], axis=2) + 99 * np.eye(len(places))
        assert gaps.min() >= 11
    off = np.abs(chart.bare()[:, None] - chart.patches()[None]) - np.array(chart.PATCH) / 2
    assert (off.max(axis=2) > 0.5).all(), "bare places are bare"
    far = np.linalg.norm(chart.bare()[:, None] - chart.marks()[None], axis=2)
    assert far.min() > chart.RINGS[0] + 0.5
