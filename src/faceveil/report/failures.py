"""Known failures of the designs of an experiment, found in the documents and not by hand."""

from collections.abc import Iterator
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from faceveil.params.train_gan import OPPONENT
from faceveil.report.blocks import (
    PROTOCOLS,
    counted,
    lift_text,
    metric_name,
    percent,
    rate_of,
    share_text,
)
from faceveil.report.contents import Metrics
from faceveil.report.documents import Compared, Curve, Evaluation, Transfer

ALIKE = 0.5
"""Designs are alike below this share of the distance that published or untrained ones have."""

Kind = Literal[
    "worse",
    "no effect",
    "refused",
    "group",
    "worst designs",
    "false match",
    "adaptation",
    "diversity",
]


class Failure(BaseModel):
    """One way in which the designs do not protect."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Kind = Field(description="what fails")
    text: str = Field(description="where and by how much, with protocol, count and interval")


def known_failures(metrics: Metrics, experiment: str) -> tuple[Failure, ...]:
    """Return every failure that the documents of an experiment show, the gravest kinds first."""
    evaluation = metrics.evaluations[experiment]
    found = [*_own(evaluation)]
    if experiment in metrics.transfer:
        found += _others(metrics.transfer[experiment])
    found += [*_groups(evaluation), *_worst(evaluation), *_false_matches(evaluation)]
    if curve := metrics.curve(experiment):
        found += _halved(curve, metrics.protocols)
    found += _alike(evaluation)
    return tuple(found)


def _own(evaluation: Evaluation) -> Iterator[Failure]:
    """Yield where the lift before the game's own recognizer is not surely above 0."""
    for one in evaluation.measurements:
        if one.row == "generated_test":
            fnmr = [("fnmr", at.fmr, at.value, at.lift) for at in one.fnmr]
            for metric, fmr, design, lift in [("rank_1", None, one.rank_1, one.lift), *fnmr]:
                if lift is not None and not lift.shows_protection:
                    about = {"protocol": one.protocol, "metric": metric, "fmr": fmr}
                    yield _no_effect(
                        "the game's recognizer", Compared(**about, lift=lift, design=design)
                    )


def _others(transfer: Transfer) -> Iterator[Failure]:
    """Yield other recognizers before which the designs show no effect, and those never asked."""
    for one in transfer.recognizers:
        if one.name == OPPONENT:  # the game's own, told of with its evaluation
            continue
        if one.refused:
            yield Failure(kind="refused", text=f"{one.name}: not asked, {one.refused}.")
            continue
        for lift in one.lifts:
            if not lift.lift.shows_protection:
                yield _no_effect(one.name, lift)


def _no_effect(recognizer: str, one: Compared) -> Failure:
    """Tell of a lift that is not surely above 0."""
    lift, worse = one.lift, one.lift.high < 0
    over = lift.over.replace("_", " ")
    verdict = "worse than the control" if worse else "no effect shown"
    if lift.value == 0 and one.design == (1 if one.metric == "fnmr" else 0):
        verdict = f"nothing to gain, {over} hides everybody as well"
    count = f", {counted(lift.people, 'person')}" if lift.people else ""
    what = f"{_what(one)}, lift {lift_text(lift)} points over {over}{count}"
    return Failure(kind="worse" if worse else "no effect", text=f"{recognizer}: {verdict}; {what}.")


def _groups(evaluation: Evaluation) -> Iterator[Failure]:
    """Yield, for each protocol and attribute, the group that is recognized most in designs.

    Not the one with the least lift, which may be one that a plain control hides already.
    """
    for protocol, attribute in dict.fromkeys((g.protocol, g.attribute) for g in evaluation.groups):
        chosen = (protocol, attribute)
        of = [g for g in evaluation.groups if (g.protocol, g.attribute) == chosen]
        least = min(of, key=lambda group: (group.fnmr_design, group.lift.value))
        if least.fnmr_design == 1:
            continue
        name, count = least.group.replace("_", " "), counted(least.people, "person")
        text = (
            f"Least hidden by {attribute.replace('_', ' ')}, {_where(protocol)}: {name}, FNMR "
            f"{percent(least.fnmr_design)} %, lift {lift_text(least.lift)} points, {count} (of "
            f"{counted(len(of), 'group')})."
        )
        yield Failure(kind="group", text=text)


def _worst(evaluation: Evaluation) -> Iterator[Failure]:
    """Yield how often wearers of the worst designs are named."""
    for one in evaluation.measurements:
        if one.row == "generated_test" and one.worst is not None and one.worst > one.rank_1:
            text = (
                f"An unlucky draw: of wearers of the worst designs {percent(one.worst)} % are "
                f"named, of all wearers {percent(one.rank_1)} %; {_where(one.protocol)}, rank-1, "
                f"{counted(one.people, 'person')}."
            )
            yield Failure(kind="worst designs", text=text)


def _false_matches(evaluation: Evaluation) -> Iterator[Failure]:
    """Yield how many wearers are taken for somebody else."""
    for one in evaluation.measurements:
        match = one.false_match
        if one.row == "generated_test" and match and match.people:
            share = f", FPIR {rate_of(match.fpir)} %" if match.fpir else ""
            text = (
                f"Wearers taken for somebody else at FMR {share_text(match.fmr)}: {match.people} "
                f"of {counted(one.people, 'person')}, for {counted(match.victims, 'other person')}"
                f"{share}; {_where(one.protocol)}."
            ).replace("other persons", "others")
            yield Failure(kind="false match", text=text)


def _halved(document: Curve, protocols: list[str]) -> Iterator[Failure]:
    """Yield the number of worn photos after which half of the lift is gone."""
    for protocol in protocols:
        points = [p for p in document.points if p.protocol == protocol]
        for kind in dict.fromkeys((p.metric, p.fmr) for p in points):
            curve = sorted((p for p in points if (p.metric, p.fmr) == kind), key=lambda p: p.k)
            start = curve[0].lift.value
            lost = next((p for p in curve[1:] if start > 0 and p.lift.value <= start / 2), None)
            if lost:
                text = (
                    f"Half of the lift is gone once the recognizer learned from {lost.k:,} worn "
                    f"photos: {lift_text(curve[0].lift)} falls to {lift_text(lost.lift)} points; "
                    f"{_what(lost)}."
                )
                yield Failure(kind="adaptation", text=text)


def _alike(evaluation: Evaluation) -> Iterator[Failure]:
    """Yield a generator whose designs differ less than those it is compared with."""
    kinds = {one.designs: one for one in evaluation.diversity}
    trained = kinds.get("generated")
    other = kinds.get("published") or kinds.get("untrained")
    if trained and other and trained.trunk < ALIKE * other.trunk:
        text = (
            f"Designs are alike: in trunk features two of them are {trained.trunk:.2g} apart, two "
            f"{other.designs} ones {other.trunk:.2g} ({counted(trained.pairs, 'pair')})."
        )
        yield Failure(kind="diversity", text=text)


def _what(one: Compared) -> str:
    return f"{_where(one.protocol)}, {metric_name(one.metric, one.fmr)}"


def _where(protocol: str) -> str:
    return PROTOCOLS.get(protocol, protocol).lower()
