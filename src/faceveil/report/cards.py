"""Design cards: what is known of the designs of one experiment, failures first among equals."""

import json
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from faceveil.params.train_gan import OPPONENT
from faceveil.report.contents import Metrics
from faceveil.report.documents import Check, Diversity, Evaluation, Group, Lift, Point, Rate
from faceveil.report.failures import Failure, known_failures

SCHEMA: Literal["schema.json"] = "schema.json"


class Judged(BaseModel):
    """Lift of the designs before one recognizer; shares in [0, 1]."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    recognizer: str = Field(description="its name")
    seen: bool = Field(description="whether the designs were trained against it")
    refused: str | None = Field(description="why it was not asked; null where it was")
    check: Check | None = Field(description="what it had to show first")
    protocol: str | None = Field(description="same_photo or other_photo")
    metric: str | None = Field(description="rank_1 or fnmr")
    fmr: float | None = Field(description="false match rate of the threshold, for fnmr")
    lift: Lift | None = Field(description="control minus design; positive protects")
    design: float | None = Field(description="rate in the design")
    control: float | None = Field(description="rate in the control")


class Control(BaseModel):
    """Rank-1 accuracy of held-out people in something else, worn the same way."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    row: str = Field(description="key of the row of the accuracy table")
    label: str = Field(description="the row in words")
    protocol: str = Field(description="same_photo or other_photo")
    people: int = Field(ge=0, description="people who probe")
    rank_1: Rate = Field(description="share of probes identified, with its interval")


class Card(BaseModel):
    """What is known of the designs of one experiment."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    schema_file: Literal["schema.json"] = Field(SCHEMA, alias="$schema")
    version: Literal[1] = 1
    experiment: str = Field(description="the experiment that drew the designs")
    trained_against: tuple[str, ...] = Field(
        description="recognizers that the designs learned from"
    )
    recognizer_learns_from: tuple[str, ...] = Field(
        description="what the recognizer learned from during the game; empty: it was fixed"
    )
    designs_judged: int = Field(ge=0, description="designs sampled and judged, none picked")
    gallery_people: int = Field(ge=0, description="people enrolled")
    confidence: float = Field(gt=0, lt=1, description="level of every interval")
    lifts: tuple[Judged, ...] = Field(description="by recognizer, protocol and metric")
    controls: tuple[Control, ...] = Field(description="what held-out people wear instead")
    diversity: tuple[Diversity, ...] = Field(description="mean distance of two designs")
    groups: tuple[Group, ...] = Field(description="by group of people; empty where none is known")
    adaptation: tuple[Point, ...] = Field(description="after the recognizer saw k worn photos")
    known_failures: tuple[Failure, ...] = Field(description="where the designs do not protect")


def build_card(metrics: Metrics, experiment: str) -> Card:
    """Put the card of one experiment together from what was measured."""
    evaluation = metrics.evaluations[experiment]
    transfer = metrics.transfer.get(experiment)
    curve = metrics.curve(experiment)
    against = transfer.trained_against if transfer else ()
    judged = evaluation.find("generated_test", metrics.protocols[0])
    return Card(
        experiment=experiment,
        trained_against=evaluation.trained_against or against,
        recognizer_learns_from=evaluation.recognizer_learns_from,
        designs_judged=judged.designs if judged else 0,
        gallery_people=evaluation.gallery_people,
        confidence=evaluation.confidence,
        lifts=(*_own_lifts(evaluation), *_other_lifts(metrics, experiment)),
        controls=_controls(evaluation),
        diversity=evaluation.diversity,
        groups=evaluation.groups,
        adaptation=curve.points if curve else (),
        known_failures=known_failures(metrics, experiment),
    )


def _own_lifts(evaluation: Evaluation) -> list[Judged]:
    """Return the lifts before the recognizer that the game ended with."""
    lifts = []
    about: dict[str, Any] = {"recognizer": "the game's recognizer", "seen": True}
    about |= {"refused": None, "check": None}
    for one in evaluation.measurements:
        if one.row == "generated_test":
            fnmr = [("fnmr", at.fmr, at.value, at.lift) for at in one.fnmr]
            for metric, fmr, design, lift in [("rank_1", None, one.rank_1, one.lift), *fnmr]:
                if lift:
                    what = {"protocol": one.protocol, "metric": metric, "fmr": fmr}
                    control = _control_rate(evaluation, one.protocol, fmr, lift.over)
                    rates = {"lift": lift, "design": design, "control": control}
                    lifts.append(Judged(**about, **what, **rates))
    return lifts


def _control_rate(
    evaluation: Evaluation, protocol: str, fmr: float | None, over: str
) -> float | None:
    """Return what a lift is over, in the same metric: FNMR at a rate, or rank-1 without one."""
    one = evaluation.find(f"{over}_test", protocol)
    if one is None:
        return None
    if fmr is None:
        return one.rank_1
    return next((at.value for at in one.fnmr if at.fmr == fmr), None)


def _other_lifts(metrics: Metrics, experiment: str) -> list[Judged]:
    """Return the lifts before other recognizers that were asked, refused ones without numbers."""
    lifts: list[Judged] = []
    document = metrics.transfer.get(experiment)
    for one in document.recognizers if document else ():
        if one.name == OPPONENT:  # the game's own, whose lifts its evaluation holds
            continue
        about = {"recognizer": one.name, "seen": one.seen, "check": one.check}
        if one.refused:
            nothing = dict.fromkeys(("protocol", "metric", "fmr", "lift", "design", "control"))
            lifts.append(Judged(**about, refused=one.refused, **nothing))
            continue
        lifts += [Judged(**about, refused=None, **dict(lift)) for lift in one.lifts]
    return lifts


def _controls(evaluation: Evaluation) -> tuple[Control, ...]:
    """Return what held-out people wear in place of a design."""
    return tuple(
        Control(
            row=one.row,
            label=one.label,
            protocol=one.protocol,
            people=one.people,
            rank_1=Rate(value=one.rank_1, low=one.low, high=one.high),
        )
        for one in evaluation.measurements
        if one.row.endswith("_test") and one.row != "generated_test"
    )


def as_json(card: Card) -> str:
    """Return a card as JSON text, the same for the same card."""
    return card.model_dump_json(by_alias=True, indent=2) + "\n"


def write_cards(folder: Path, cards: list[Card]) -> None:
    """Write each card and the schema beside them.

    Args:
        folder: an existing folder, of which the caller sees that it is whole.
        cards: one per experiment.
    """
    folder.mkdir()
    schema = json.dumps(Card.model_json_schema(by_alias=True), indent=2)
    (folder / SCHEMA).write_text(schema + "\n", encoding="utf-8")
    for card in cards:
        (folder / f"{card.experiment}.json").write_text(as_json(card), encoding="utf-8")
