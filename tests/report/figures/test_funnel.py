"""Bars of a funnel."""

from faceveil.report.figures.funnel import funnel_chart


def test_bars_are_as_long_as_their_counts_and_say_them():
    axis = funnel_chart({"found": 2821, "kept": 2595, "held out": 0}, "photos").axes[0]
    assert [patch.get_width() for patch in axis.patches] == [2821, 2595, 0]
    texts = [text.get_text() for text in axis.texts]
    assert texts == [
        "found",
        "2,821 photos",
        "kept",
        "2,595 photos",
        "held out",
        "0 photos",
    ]
    assert axis.get_xlim() == (0, 2821)


def test_nothing_found_is_drawn_too():
    axis = funnel_chart({"found": 0}, "people").axes[0]
    assert axis.get_xlim() == (0, 1)
