"""The accuracy table, the published numbers beside ours, as chart and as table."""

from typing import Any

import pandas as pd

from faceveil.evaluation.published import PROTOCOL, PUBLISHED, RELABELLED, SOURCE
from faceveil.report.blocks import DASH, PROTOCOLS, Block, Panel, Row, Table, panel, points, titled
from faceveil.report.contents import Metrics
from faceveil.report.figures.intervals import Mark, interval_chart

CHARTED = (
    "generated_train",
    "generated_test",
    "plain_test",
    "no_mask",
    "surgical_test",
    "black_test",
    "shuffled_test",
    "other_face_test",
)
"""Rows of the chart: the comparisons that a reader asks for first; the table has all."""


def accuracy_block(metrics: Metrics) -> Block:
    """Return rank-1 accuracy of every row and experiment under both protocols."""
    table = metrics.table
    return Block(
        name="accuracy",
        title="Accuracy table",
        caption=(
            "Rank-1 identification accuracy in %, low protects the wearer; in brackets the "
            f"{100 * metrics.confidence:g} % interval over people. Crosses are published numbers. "
            "Lift stands below the row it belongs to, and what it is over."
        ),
        panels=tuple(
            _panel(table[table["protocol"] == protocol], metrics, protocol)
            for protocol in metrics.protocols
        ),
        tables=tuple(
            _table(table[table["protocol"] == protocol], metrics, protocol)
            for protocol in metrics.protocols
        ),
        folded=False,
    )


def published_note(metrics: Metrics) -> str:
    """Return where the published numbers come from, or nothing where none is beside ours."""
    if not any(name in PUBLISHED for name in metrics.experiments):
        return ""
    train, test, plain, bare = RELABELLED.values()
    return (
        f"Published: {SOURCE}; {PROTOCOL}. Measured again there for 1,000 people with labels "
        f"fixed: designs {train} training, {test} held-out, plain mask {plain}, no mask {bare}."
    )


def _panel(table: pd.DataFrame, metrics: Metrics, protocol: str) -> Panel:
    """Draw the chosen rows of one protocol."""
    lines = [line for row in CHARTED for line in table[table["row"] == row].itertuples()]
    marks = [_mark(line) for line in lines]
    chart = interval_chart(marks, metrics.experiments, "rank-1 accuracy, %", (-3, 103))
    return panel(chart, "accuracy", titled(protocol, "rank-1 accuracy"), protocol)


def _mark(line: Any) -> Mark:
    beside = None if pd.isna(line.published) else float(line.published)
    return Mark(line.label, line.experiment, line.accuracy, line.low, line.high, beside)


def _table(table: pd.DataFrame, metrics: Metrics, protocol: str) -> Table:
    """Return all rows of one protocol, a column per experiment."""
    names = metrics.experiments
    rows: list[Row] = []
    for row in dict.fromkeys(table["row"]):
        rows += _rows(table[table["row"] == row].set_index("experiment"), names, protocol)
    caption = f"{PROTOCOLS[protocol]}: rank-1 accuracy in %, in brackets the interval over people"
    columns = ("what the probe wears, who probes", "people", *names)
    return Table(caption, columns, tuple(rows), ("", "", *names))


def _rows(of_row: pd.DataFrame, names: list[str], protocol: str) -> list[Row]:
    """Return a row of the table and what belongs below it."""
    lines = {line.Index: line for line in of_row.itertuples()}
    first = next(iter(lines.values()))
    cells = [_cell(lines.get(name)) for name in names]
    rows = [Row((str(first.label), str(first.people), *cells), protocol)]
    if of_row["published"].notna().any():
        rows.append(_minor("published", [_published(lines.get(n)) for n in names], protocol))
    if of_row["worst"].notna().any():
        worst = [_number(lines.get(name), "worst") for name in names]
        rows.append(_minor("mean of the worst designs", worst, protocol))
    if of_row["lift"].notna().any():
        rows.append(_minor("lift", [_lift(lines.get(name)) for name in names], protocol))
        rows.append(_minor("over", [_over(lines.get(name)) for name in names], protocol))
    return rows


def _minor(label: str, cells: list[str], protocol: str) -> Row:
    return Row((label, "", *cells), protocol, minor=True)


def _cell(line: Any) -> str:
    if line is None:
        return DASH
    return f"{line.accuracy:.1f} [{line.low:.1f}, {line.high:.1f}]"


def _published(line: Any) -> str:
    return _number(line, "published")


def _number(line: Any, column: str) -> str:
    value = None if line is None else getattr(line, column)
    return DASH if value is None or pd.isna(value) else f"{value:.1f}"


def _lift(line: Any) -> str:
    if line is None or pd.isna(line.lift):
        return DASH
    low, high = points(line.lift_low / 100), points(line.lift_high / 100)
    return f"{points(line.lift / 100)} [{low}, {high}]"


def _over(line: Any) -> str:
    """Return the control that a lift is over."""
    return DASH if line is None else str(line.lift_over).replace("_", " ") or DASH
