"""A design card as tables of the page."""

from faceveil.report.blocks import (
    DASH,
    PROTOCOLS,
    Row,
    Table,
    lift_text,
    metric_name,
    percent,
    rate_of,
)
from faceveil.report.cards import Card


def lifts_table(card: Card) -> Table:
    """Return lift by recognizer, protocol and metric."""
    rows = []
    for one in card.lifts:
        name = f"{one.recognizer} ({'trained against' if one.seen else 'never seen'})"
        if one.refused or one.metric is None or one.protocol is None:
            rows.append(Row((name, DASH, DASH, "not asked", DASH, DASH)))
            continue
        what = (PROTOCOLS.get(one.protocol, one.protocol), metric_name(one.metric, one.fmr))
        people = one.lift.people if one.lift else None
        counts = (percent(one.design), DASH if people is None else str(people))
        rows.append(Row((name, *what, lift_text(one.lift), *counts), one.protocol))
    columns = ("recognizer", "protocol", "metric", "lift", "rate in design", "people")
    return Table("Lift in percentage points, rate in %", columns, tuple(rows))


def controls_table(card: Card) -> Table:
    """Return what held-out people wear instead."""
    rows = tuple(
        Row(
            (
                one.label.removesuffix(", held-out people"),
                PROTOCOLS.get(one.protocol, one.protocol),
                str(one.people),
                rate_of(one.rank_1),
            ),
            one.protocol,
        )
        for one in card.controls
    )
    columns = ("what held-out people wear", "protocol", "people", "rank-1")
    return Table("Rank-1 accuracy in %", columns, rows)
