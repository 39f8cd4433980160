"""A chart as SVG that a page holds inline: sharp, themed by the page, the same bytes each time."""

import io
import re
from collections.abc import Mapping

from matplotlib import rc_context
from matplotlib.figure import Figure

from faceveil.report.figures.accuracy import COLOURS

INK, MUTED, RULE, PAPER = "#1f2328", "#5c6570", "#d5dade", "#fdfdfc"
"""Text and axes, secondary text, grid lines, and what lies behind, of every chart."""

THEME: Mapping[str, str] = {
    INK: "--ink",
    MUTED: "--muted",
    RULE: "--rule",
    PAPER: "--paper",
    **{colour.lower(): f"--series-{number}" for number, colour in enumerate(COLOURS)},
}
"""CSS variable that a page may set in place of a colour, to follow dark mode."""

SERIES = "series."
"""Artists whose gid is this and a name become elements with that ``data-experiment``."""


def as_svg(figure: Figure, name: str, description: str) -> str:
    """Return a figure as one ``<svg>`` element without fixed size.

    Text stays text, a colour of :data:`THEME` is a CSS variable with itself as fallback, and what
    belongs to an experiment says so in ``data-experiment``.

    Args:
        figure: the chart; it is laid out by its own size.
        name: unique on the page, so that two charts share no id.
        description: what the chart shows, for those who do not see it.
    """
    raw = io.StringIO()
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": name}):
        figure.savefig(raw, format="svg", transparent=True, metadata=_NO_METADATA)
    text = raw.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(_LEFT_OUT, "", text, flags=re.DOTALL)
    text = re.sub(rf' id="{re.escape(SERIES)}([^"]+)"', r' data-experiment="\1"', text)
    text = _themed(_without_loose_ids(text))
    head = f'<svg role="img" aria-label="{_quoted(description)}" viewBox="{_view(text)}">'
    return re.sub(r">\s+<", "><", head + text[text.index(">") + 1 :]).strip()


_LEFT_OUT = r"<metadata>.*?</metadata>|<style.*?</style>|<!--.*?-->"
"""Its style sheet too, whose rules would hold for the whole page."""

_NO_METADATA = {"Date": None, "Creator": None, "Format": None, "Type": None}


def _view(text: str) -> str:
    found = re.search(r'viewBox="([^"]+)"', text)
    if found is None:
        raise ValueError("matplotlib wrote an SVG without a viewBox")
    return found[1]


def _without_loose_ids(text: str) -> str:
    """Remove the ids that nothing refers to; matplotlib's would repeat from chart to chart."""
    used = set(re.findall(r'(?:url\(|href=")#([^")]+)', text))
    return re.sub(
        r' id="([^"]+)"', lambda match: match[0] if str(match[1]) in used else "", text
    ).replace("xlink:href", "href")


def _themed(text: str) -> str:
    """Let the page choose colours and the font."""
    for colour, variable in THEME.items():
        for form in (colour, colour.upper()):
            text = re.sub(rf"(fill|stroke): {form}\b", rf"\1: var({variable}, {colour})", text)
    text = re.sub(r"font: ((?:bold |italic )?)([\d.]+)px [^;\"]*", _font, text)
    return re.sub(r"; font-family: [^;\"]*", "", text)


def _font(match: re.Match[str]) -> str:
    weight = "; font-weight: 600" if match[1].strip() == "bold" else ""
    return f"font-size: {match[2]}px{weight}"


def _quoted(text: str) -> str:
    for mark, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;")):
        text = text.replace(mark, entity)
    return text
