"""What a page is made of: charts with their numbers as tables, and how numbers are written."""

from dataclasses import dataclass

from markupsafe import Markup
from matplotlib.figure import Figure

from faceveil.report.documents import Lift, Rate
from faceveil.report.figures.svg import as_svg

PROTOCOLS = {"other_photo": "Other photo", "same_photo": "Same photo"}
"""Protocols in words, the harder question first."""

MINUS, DASH = "\N{MINUS SIGN}", "\N{EN DASH}"
"""Sign of a negative number, and what stands where there is no number."""


@dataclass(frozen=True)
class Row:
    """A line of a table; its first cell is its head.

    Attributes:
        cells: texts, as many as the table has columns.
        protocol: the protocol that it belongs to, so that readers can hide it; empty for none.
        experiment: the experiment, likewise.
        minor: whether it only adds to the line above it.
    """

    cells: tuple[str, ...]
    protocol: str = ""
    experiment: str = ""
    minor: bool = False


@dataclass(frozen=True)
class Table:
    """Numbers with a caption.

    Attributes:
        caption: what the numbers are, with units.
        columns: heads of the columns.
        rows: lines from top to bottom.
        experiments: for each column the experiment it belongs to; empty where columns have none.
    """

    caption: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    experiments: tuple[str, ...] = ()

    def of(self, column: int) -> str:
        """Return the experiment of a column, empty for none."""
        return self.experiments[column] if self.experiments else ""


@dataclass(frozen=True)
class Panel:
    """One chart as SVG, and the protocol that it shows."""

    svg: Markup
    title: str = ""
    protocol: str = ""


@dataclass(frozen=True)
class Block:
    """A figure of the page: charts, what they show, and the same numbers as tables.

    Attributes:
        name: unique on the page; its anchor.
        title: heading.
        finding: what the figure says, above it; mostly empty.
        caption: what is shown, on whom, with which interval.
        panels: charts, side by side where there is room.
        tables: the numbers.
        key: whether the charts' colours are experiments, which a key explains.
        folded: whether the tables lie behind a control; False where they are the content.
        empty: why there is nothing to show; empty where there is.
    """

    name: str
    title: str
    caption: str = ""
    finding: str = ""
    panels: tuple[Panel, ...] = ()
    tables: tuple[Table, ...] = ()
    key: bool = True
    folded: bool = True
    empty: str = ""


def nothing(name: str, title: str, why: str) -> Block:
    """Return a figure that says why it is empty."""
    return Block(name, title, empty=why)


def panel(figure: Figure, name: str, title: str, protocol: str = "") -> Panel:
    """Draw a chart as SVG; its title is also its description.

    Args:
        figure: the chart.
        name: unique on the page.
        title: what it shows.
        protocol: under which protocol; empty for none.
    """
    unique = f"{name}-{protocol}" if protocol else name
    return Panel(Markup(as_svg(figure, unique, title)), title, protocol)


def titled(protocol: str, title: str) -> str:
    """Return a panel's title with its protocol in front."""
    return f"{PROTOCOLS.get(protocol, protocol)}: {title}"


def percent(share: float | None, digits: int = 1) -> str:
    """Return a share in percent without the sign, or a dash where there is none."""
    return DASH if share is None else f"{100 * share:.{digits}f}"


def points(share: float | None) -> str:
    """Return a signed difference of shares in percentage points."""
    if share is None:
        return DASH
    value = round(100 * share, 1) + 0.0  # no negative zero
    return f"{value:+.1f}".replace("-", MINUS)


def rate(value: float | None, low: float | None, high: float | None) -> str:
    """Return a share in percent with its interval in brackets."""
    if value is None or low is None or high is None:
        return percent(value)
    return f"{percent(value)} [{percent(low)}, {percent(high)}]"


def rate_of(one: Rate | None) -> str:
    """Return a rate with its interval, or a dash."""
    return rate(one.value, one.low, one.high) if one else DASH


def lift_text(lift: Lift | None) -> str:
    """Return a lift in percentage points with its interval in brackets."""
    if lift is None:
        return DASH
    return f"{points(lift.value)} [{points(lift.low)}, {points(lift.high)}]"


def metric_name(metric: str, fmr: float | None = None) -> str:
    """Return a metric in words, as ``FNMR at FMR 1 %``."""
    if metric != "fnmr":
        return metric.replace("rank_", "rank-")
    return "FNMR" if fmr is None else f"FNMR at FMR {share_text(fmr)}"


def share_text(share: float) -> str:
    """Return a small share as ``0.01 %``."""
    return f"{100 * share:g} %"


def counted(number: int, word: str) -> str:
    """Return a number with its word, ``1 person``, ``2 people``."""
    plural = "people" if word == "person" else f"{word}s"
    return f"{number:,} {word if number == 1 else plural}"
