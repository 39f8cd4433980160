"""The result in one sentence and one figure: what designs add, before which recognizer."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from faceveil.figures.intervals import Mark, interval_chart, span, write_intervals
from faceveil.report.blocks import (
    DASH,
    Block,
    Row,
    Table,
    counted,
    lift_text,
    metric_name,
    panel,
    percent,
    points,
    titled,
)
from faceveil.report.contents import Metrics
from faceveil.report.documents import Compared, Evaluation, Recognizer

OWN = "the game's recognizer"
"""Name of the recognizer that an experiment ended with, where no other was asked."""

PHOTO = {"other_photo": "on another photo of them", "same_photo": "on the enrolled photo itself"}

TITLE = "Lift over the best plain control, held-out people"


@dataclass(frozen=True)
class Judgement:
    """The lift of an experiment's designs before one recognizer."""

    experiment: str
    recognizer: str
    seen: bool
    compared: Compared

    @property
    def label(self) -> str:
        """The recognizer, and whether the designs were trained against it."""
        return f"{self.recognizer}, {'trained against' if self.seen else 'never seen'}"


def judgements(metrics: Metrics, protocol: str) -> list[Judgement]:
    """Return the lift of each experiment before each recognizer that passed its check.

    Rank-1 identification where it was measured, else verification at the first FMR reported.
    """
    found = []
    for name, evaluation in metrics.evaluations.items():
        others = metrics.transfer[name].recognizers if name in metrics.transfer else ()
        told = [_of_recognizer(name, one, protocol) for one in others if not one.refused]
        kept = [one for one in told if one is not None]
        if not any(one.seen for one in kept):
            found += _own(evaluation, protocol)
        found += kept
    return sorted(found, key=lambda one: not one.seen)


def _of_recognizer(experiment: str, one: Recognizer, protocol: str) -> Judgement | None:
    lifts = [lift for lift in one.lifts if lift.protocol == protocol]
    lifts.sort(key=lambda lift: lift.metric != "rank_1")
    return Judgement(experiment, one.name, one.seen, lifts[0]) if lifts else None


def _own(evaluation: Evaluation, protocol: str) -> list[Judgement]:
    """Return the evaluation's own lift, if designs were judged under the protocol."""
    one = evaluation.find("generated_test", protocol)
    if one is None or one.lift is None:
        return []
    people = one.lift.people or one.people
    lift = one.lift.model_copy(update={"people": people})
    compared = Compared(protocol=protocol, metric="rank_1", lift=lift, design=one.rank_1)
    return [Judgement(evaluation.experiment, OWN, True, compared)]


def lead_sentence(metrics: Metrics) -> str:
    """Return the honest result: the *weakest* experiment, seen and unseen recognizers, intervals.

    Never the best of several, which would be chosen by its luck.
    """
    protocol = metrics.protocols[0]
    found = judgements(metrics, protocol)
    seen = min((one for one in found if one.seen), key=_value, default=None)
    unseen = min((one for one in found if not one.seen), key=_value, default=None)
    if seen is None:
        return "No design was judged on held-out people, so nothing can be said of any."
    count = seen.compared.lift.people
    who = counted(count, "person") if count else "people"
    level = f"{metrics.confidence:.0%}".replace("%", " %")
    return (
        f"Before recognizers they were trained against, designs protect {who} held out from "
        f"training ({PHOTO[protocol]}, {metric_name(seen.compared.metric, seen.compared.fmr)}) by "
        f"{_points(seen)} percentage points more than the best plain control (the weakest of "
        f"{len(metrics.experiments)} experiments: {_which(seen)}; {level} interval {_ends(seen)}"
        f"{_doubt(seen)}); {_before_others(unseen, metrics)}."
    )


def _before_others(unseen: Judgement | None, metrics: Metrics) -> str:
    """Return the half of the sentence about recognizers that no design was trained against."""
    if unseen is None:
        why = "none that passed its check judged them" if metrics.transfer else "none judged them"
        return f"of recognizers that they were not trained against nothing is known: {why}"
    return (
        f"before recognizers they never saw, by {_points(unseen)} (the weakest: {_which(unseen)}; "
        f"{_ends(unseen)}{_doubt(unseen)})"
    )


def _value(one: Judgement) -> float:
    return one.compared.lift.value


def _which(one: Judgement) -> str:
    return f"{one.experiment} before {one.recognizer}"


def _points(one: Judgement) -> str:
    return points(one.compared.lift.value).removeprefix("+")


def _ends(one: Judgement) -> str:
    return f"{points(one.compared.lift.low)} to {points(one.compared.lift.high)}"


def _doubt(one: Judgement) -> str:
    lift = one.compared.lift
    if lift.shows_protection:
        return ""
    return ", worse than plain" if lift.high < 0 else ", no effect shown"


def lead_block(metrics: Metrics) -> Block:
    """Return the lift chart of the page: a line per recognizer, a mark per experiment."""
    found = {protocol: judgements(metrics, protocol) for protocol in metrics.protocols}
    found = {protocol: some for protocol, some in found.items() if some}
    limits = span([_mark(one) for some in found.values() for one in some])
    charts = tuple(
        panel(
            interval_chart([_mark(o) for o in some], metrics.experiments, _AXIS, limits),
            "lift",
            titled(protocol, "lift before each recognizer"),
            protocol,
        )
        for protocol, some in found.items()
    )
    caption = (
        f"{TITLE}: how many points less often the same people are recognized in a design than in "
        f"the best plain thing they could wear. Bars are {metrics.confidence:.0%} intervals over "
        "people; a bar that crosses 0 shows no effect"
    ).replace("95%", "95 %")
    rows = tuple(_row(one) for some in found.values() for one in some)
    table = Table("Lift in percentage points, rates in %", _COLUMNS, rows)
    return Block("lift", "Lift", caption + ".", panels=charts, tables=(table,))


_AXIS = "lift, percentage points"

_COLUMNS = ("designs of", "protocol", "recognizer", "metric", "lift", "over", "design", "people")


def _mark(one: Judgement) -> Mark:
    lift = one.compared.lift
    ends = (100 * lift.value, 100 * lift.low, 100 * lift.high)
    return Mark(one.label, one.experiment, *ends)


def _row(one: Judgement) -> Row:
    compared = one.compared
    cells = (
        one.experiment,
        compared.protocol.replace("_", " "),
        one.label,
        metric_name(compared.metric, compared.fmr),
        lift_text(compared.lift),
        compared.lift.over.replace("_", " "),
        percent(compared.design),
        str(compared.lift.people or DASH),
    )
    return Row(cells, compared.protocol, one.experiment)


def lead_figure(path: Path, metrics: Metrics) -> None:
    """Write the lift chart as a picture of its own, for the README.

    Args:
        path: PNG to write, whole or not at all.
        metrics: what was measured.
    """
    panels: dict[str, Sequence[Mark]] = {}
    for protocol in metrics.protocols:
        if found := judgements(metrics, protocol):
            panels[titled(protocol, "lift")] = [_mark(one) for one in found]
    write_intervals(path, panels, metrics.experiments, _AXIS)
