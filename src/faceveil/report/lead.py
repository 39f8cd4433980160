"""The result in one sentence and one figure: what designs add, before which recognizer."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from faceveil.params.train_gan import OPPONENT
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
from faceveil.report.figures.intervals import Mark, interval_chart, span, write_intervals

OWN = "the game's recognizer"
"""Name of the recognizer that an experiment ended with, where no other was asked."""

PHOTO = {"other_photo": "another photo of the person", "same_photo": "the enrolled photo itself"}

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
    """Return the honest result: the *weakest* experiment, before three kinds of recognizers.

    The one that all were trained against, those they never saw, and those that were given photos
    of the designs to learn from. Never the best of several, which would be chosen by its luck.
    """
    protocol = metrics.protocols[0]
    found = judgements(metrics, protocol)
    own = [one for one in found if one.recognizer in (OWN, OPPONENT)]
    if not own:
        return "No design was judged on held-out people, so nothing can be said of any."
    weakest = min(own, key=_value)
    unseen = min((one for one in found if not one.seen), key=_value, default=None)
    count, metric = weakest.compared.lift.people, weakest.compared.metric
    who = counted(count, "person") if count else "people"
    level = f"{metrics.confidence:.0%}".replace("%", " %")
    return (
        f"Lift over the best plain control (how many points less often people are recognized), "
        f"among {who} held out from training, always of the weakest of "
        f"{counted(len(metrics.experiments), 'experiment')}: {_said(weakest)} before the "
        f"recognizer that it was trained against{_in_fnmr(weakest, metrics, protocol)}; "
        f"{_before_others(unseen, metrics)}; {_after_lessons(metrics, protocol)} "
        f"({metric_name(metric, weakest.compared.fmr)} unless said otherwise, {PHOTO[protocol]}; "
        f"{level} intervals over people)."
    )


def _in_fnmr(one: Judgement, metrics: Metrics, protocol: str) -> str:
    """Return the same lift in FNMR, where it is usually smaller: plain things are missed too."""
    evaluation = metrics.evaluations[one.experiment]
    design = evaluation.find("generated_test", protocol)
    rate = evaluation.settings[0].get("false_match_rate") if evaluation.settings else None
    at = next((at for at in design.fnmr if at.fmr == rate and at.lift), None) if design else None
    if at is None or at.lift is None:
        return ""
    return f", {lift_text(at.lift)} in {metric_name('fnmr', at.fmr)}"


def _before_others(unseen: Judgement | None, metrics: Metrics) -> str:
    """Return the part of the sentence about recognizers that no design was trained against."""
    if unseen is None:
        why = "none that passed its check judged them" if metrics.transfer else "none judged them"
        return f"of recognizers that they never saw nothing is known: {why}"
    return f"{_said(unseen)} before one that it never saw"


def _after_lessons(metrics: Metrics, protocol: str) -> str:
    """Return the part about a recognizer that learned from photos of the designs."""
    curves = metrics.strike_back.curves if metrics.strike_back else ()
    after = [
        Judgement(curve.experiment, "", False, one)
        for curve in curves
        for one in curve.points
        if (one.protocol, one.metric) == (protocol, "rank_1")
        and one.k == max(point.k for point in curve.points)
    ]
    if not after:
        return "no recognizer was given photos of designs to learn from"
    photos = max(point.k for point in curves[0].points)
    return (
        f"{_said(min(after, key=_value))} once the recognizer has learned from "
        f"{counted(photos, 'labelled photo')} of its designs"
    )


def _said(one: Judgement) -> str:
    """Return a lift with its interval and what is to be thought of it."""
    about = ", ".join(word for word in (one.experiment, one.recognizer) if word)
    return f"{points(one.compared.lift.value)} points [{_ends(one)}] ({about}{_doubt(one)})"


def _value(one: Judgement) -> float:
    return one.compared.lift.value


def _ends(one: Judgement) -> str:
    return f"{points(one.compared.lift.low)}, {points(one.compared.lift.high)}"


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
        "people; a bar that crosses 0 does not show an effect"
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
