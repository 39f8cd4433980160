"""What else recognizes the wearers: other recognizers, other games', and one that learns back."""

from collections.abc import Sequence
from typing import NamedTuple

from matplotlib.figure import Figure

from faceveil.report.blocks import (
    DASH,
    PROTOCOLS,
    Block,
    Panel,
    Row,
    Table,
    lift_text,
    metric_name,
    nothing,
    panel,
    percent,
    points,
    rate,
    titled,
)
from faceveil.report.contents import Metrics
from faceveil.report.documents import Claim, Compared, Curve, Lift, Recognizer
from faceveil.report.figures.adaptation import adaptation_chart
from faceveil.report.figures.heat_map import Cell, heat_map
from faceveil.report.figures.intervals import Mark

RATES = ("protocol", "metric", "lift", "over", "design", "control", "people")
"""Columns that every table of lifts ends with."""

CAPTION = "Lift in percentage points, rates in %"


class Pair(NamedTuple):
    """A lift of the designs of one experiment before one recognizer."""

    designs: str
    recognizer: str
    compared: Compared


def transfer_block(metrics: Metrics) -> Block:
    """Return lift by designs and recognizer, and what each recognizer was checked by."""
    title = "Other recognizers"
    if not metrics.transfer:
        why = "No other recognizer was asked: there is no `metrics/transfer`."
        return nothing("transfer", title, why)
    asked = [(n, one) for n, document in metrics.transfer.items() for one in document.recognizers]
    pairs = [Pair(n, one.name, c) for n, one in asked if not one.refused for c in one.lifts]
    checks = _checks([one for _, one in asked])
    if not pairs:
        why = "No recognizer that passed its check judged these designs."
        return Block("transfer", title, tables=(checks,), folded=False, empty=why)
    caption = (
        f"Lift over the best plain control ({_measured(pairs)}), held-out people, by the "
        f"experiment that made the designs and the recognizer that judges them. "
        f"{_seen(metrics)} A dashed frame: the interval holds 0."
    )
    tables = (_table(("designs of", "recognizer"), pairs), checks)
    return Block(
        "transfer",
        title,
        caption,
        panels=_maps(pairs, "transfer", metrics),
        tables=tables,
        key=False,
    )


def _seen(metrics: Metrics) -> str:
    """Say in words which recognizer was never trained against."""
    recognizers = [one for document in metrics.transfer.values() for one in document.recognizers]
    seen = {one.name for one in recognizers if one.seen}
    unseen = [name for name in dict.fromkeys(one.name for one in recognizers) if name not in seen]
    if not unseen:
        return "Each of them was trained against by some experiment; none is a black box."
    return f"Never trained against: {', '.join(unseen)}."


def _checks(recognizers: Sequence[Recognizer]) -> Table:
    """Return what each recognizer had to show before it was asked, once each."""
    once = {one.name: one for one in recognizers}
    rows = []
    for name, one in once.items():
        check = one.check
        cells = (DASH, DASH, DASH, DASH, "no check recorded")
        if check:
            accuracy = rate(check.accuracy, *check.interval)
            counts = (f"{check.pairs:,}", accuracy, percent(check.expected))
            cells = (check.collection, *counts, "passed" if check.passed else "missed")
        rows.append(Row((name, *cells[:4], one.refused or cells[4])))
    columns = ("recognizer", "checked on", "pairs", "accuracy", "expected", "result")
    return Table("Check of each recognizer: verification accuracy in %", columns, tuple(rows))


def cross_play_block(metrics: Metrics) -> Block:
    """Return the table of designs against each other's recognizers, and whether the claim holds."""
    title = "Designs against each other's recognizers"
    document = metrics.strike_back
    if document is None or not document.cells:
        why = "The games were not crossed: there is no `metrics/strike_back.json` with cells."
        return nothing("cross-play", title, why)
    pairs = [Pair(one.designs, one.recognizer, one) for one in document.cells]
    caption = (
        f"Lift over the best plain control ({_measured(pairs)}), held-out people: designs of one "
        "experiment, worn before the recognizer that another ended with. A dashed frame: the "
        "interval holds 0."
    )
    tables, finding = [_table(("designs of", "recognizer of"), pairs)], ""
    for claim in document.claim:
        finding = claim.text
        tables.append(_differences(claim))
    panels = _maps(pairs, "cross-play", metrics)
    return Block("cross-play", title, caption, finding, panels, tables=tuple(tables), key=False)


def _differences(claim: Claim) -> Table:
    """Return the differences that decide the claim."""
    rows = tuple(
        Row(
            (
                one.between,
                PROTOCOLS.get(one.protocol, one.protocol),
                metric_name(one.metric),
                points(one.learning),
                points(one.fixed),
                lift_text(Lift(over="", value=one.value, low=one.low, high=one.high)),
                DASH if one.p is None else f"{one.p:.2g}",
                DASH if one.people is None else str(one.people),
            ),
            one.protocol,
        )
        for one in claim.differences
    )
    left = ("left, learning", "left, fixed")
    columns = ("difference between", "protocol", "metric", *left, "points", "sign-flip p", "people")
    return Table("Differences of lifts that decide the claim", columns, rows)


def strike_back_block(metrics: Metrics) -> Block:
    """Return lift over the number of worn photos that the recognizer learned from."""
    title = "The recognizer strikes back"
    curves = metrics.strike_back.curves if metrics.strike_back else ()
    pairs = [Pair(one.experiment, "", point) for one in curves for point in one.points]
    if not pairs:
        why = "No recognizer learned from worn photos: there is no `metrics/strike_back.json`."
        return nothing("strike-back", title, why)
    caption = (
        f"Lift over the best plain control ({_measured(pairs)}), held-out people, after the "
        "recognizer learned from k labelled photos of training people who wear designs of the same "
        "generator. Bars are intervals over people."
    )
    panels = tuple(
        panel(
            adaptation_chart(_by_count(curves, protocol), metrics.experiments),
            "strike-back",
            titled(protocol, "lift over k"),
            protocol,
        )
        for protocol in metrics.protocols
        if any(pair.compared.protocol == protocol for pair in pairs)
    )
    return Block("strike-back", title, caption, panels=panels, tables=(_learned(curves),))


def _by_count(curves: Sequence[Curve], protocol: str) -> dict[int, list[Mark]]:
    """Return the marks of one protocol by the number of photos, of the metric that leads."""
    marks: dict[int, list[Mark]] = {}
    for curve in curves:
        for one in curve.points:
            if one.protocol == protocol and _kind(one) == leading(curve.points, protocol):
                ends = (100 * one.lift.value, 100 * one.lift.low, 100 * one.lift.high)
                marks.setdefault(one.k, []).append(Mark(str(one.k), curve.experiment, *ends))
    return marks


def _learned(curves: Sequence[Curve]) -> Table:
    """Return the numbers of the curve, with what the learning did to clean faces."""
    rows = [
        Row(
            (one.experiment, f"{p.k:,}", *_cells(p), percent(p.clean_rank_1)),
            p.protocol,
            one.experiment,
        )
        for one in curves
        for p in one.points
    ]
    return Table(CAPTION, ("designs of", "k", *RATES, "rank-1 without mask"), tuple(rows))


def leading(lifts: Sequence[Compared], protocol: str) -> tuple[str, float | None]:
    """Return the metric that charts show: rank-1 where there is one, else the first FMR."""
    kinds = [_kind(lift) for lift in lifts if lift.protocol == protocol]
    return ("rank_1", None) if ("rank_1", None) in kinds else kinds[0]


def _kind(lift: Compared) -> tuple[str, float | None]:
    return (lift.metric, lift.fmr) if lift.metric == "fnmr" else (lift.metric, None)


def _measured(pairs: Sequence[Pair]) -> str:
    """Return in words what the charts of these lifts show, by the first protocol."""
    lifts = [pair.compared for pair in pairs]
    return metric_name(*leading(lifts, lifts[0].protocol))


def _maps(pairs: Sequence[Pair], name: str, metrics: Metrics) -> tuple[Panel, ...]:
    """Draw a heat map per protocol."""
    panels = []
    for protocol in metrics.protocols:
        chosen = [pair for pair in pairs if pair.compared.protocol == protocol]
        if chosen:
            chart = _heat_map(chosen, metrics.experiments)
            panels.append(panel(chart, name, titled(protocol, "lift"), protocol))
    return tuple(panels)


def _heat_map(pairs: Sequence[Pair], experiments: Sequence[str]) -> Figure:
    lifts = [pair.compared for pair in pairs]
    shown = leading(lifts, lifts[0].protocol)
    chosen = [pair for pair in pairs if _kind(pair.compared) == shown]
    cells = {(pair.designs, pair.recognizer): _cell(pair.compared.lift) for pair in chosen}
    rows = [name for name in experiments if any(name == pair.designs for pair in chosen)]
    return heat_map(cells, rows, list(dict.fromkeys(pair.recognizer for pair in chosen)))


def _cell(lift: Lift) -> Cell:
    return Cell(100 * lift.value, 100 * lift.low, 100 * lift.high)


def _table(names: tuple[str, str], pairs: Sequence[Pair]) -> Table:
    rows = tuple(
        Row(
            (one.designs, one.recognizer, *_cells(one.compared)), one.compared.protocol, one.designs
        )
        for one in pairs
    )
    return Table(CAPTION, (*names, *RATES), rows)


def _cells(one: Compared) -> tuple[str, ...]:
    """Return the cells of :data:`RATES`."""
    return (
        PROTOCOLS.get(one.protocol, one.protocol),
        metric_name(one.metric, one.fmr),
        lift_text(one.lift),
        one.lift.over.replace("_", " "),
        percent(one.design),
        percent(one.control),
        DASH if one.lift.people is None else str(one.lift.people),
    )
