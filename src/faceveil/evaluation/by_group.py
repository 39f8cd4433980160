"""Does a design protect everybody alike? Lift by group, where groups are known exactly."""

from dataclasses import dataclass

import pandas as pd

from faceveil.evaluation.calibration import Threshold
from faceveil.evaluation.lift import Lift, best_control, gains, mean_gain, person_rates
from faceveil.evaluation.rows import PROTOCOLS, Row
from faceveil.params.evaluate import Evaluate

HELD_OUT = Row("generated", "test")


@dataclass(frozen=True)
class GroupLift:
    """Lift in FNMR among the held-out people of one group.

    Attributes:
        protocol: which photo probes.
        attribute: what people are grouped by.
        group: which of its groups.
        people: held-out people in it.
        control: the plain control that is best for all held-out people together.
        fnmr_design: FNMR of the group in designs, in [0, 1].
        fnmr_control: FNMR of the group in the control.
        lift: the difference, with its interval over people.
    """

    protocol: str
    attribute: str
    group: str
    people: int
    control: str
    fnmr_design: float
    fnmr_control: float
    lift: Lift


def lift_by_group(
    trials: pd.DataFrame, groups: pd.DataFrame, at: Threshold, settings: Evaluate
) -> list[GroupLift]:
    """Return the lift of every group of held-out people, under every protocol.

    Args:
        trials: the trial log.
        groups: ``subject_id`` and a column per attribute; without rows nothing is known.
        at: the frozen threshold.
        settings: level and seed of the intervals.

    Returns:
        Nothing where groups are not known or the threshold is not reachable.
    """
    if groups.empty or at.threshold is None:
        return []
    matched = trials.assign(matched=trials["mated"] >= at.threshold)
    known = groups.set_index("subject_id")
    return [
        _lift(of_protocol, known[attribute] == group, (protocol, attribute, group), settings)
        for protocol in PROTOCOLS
        if len(of_protocol := matched[matched["protocol"] == protocol])
        for attribute in known.columns
        for group in sorted(set(known.loc[_held_out(of_protocol), attribute]))
    ]


def _held_out(trials: pd.DataFrame) -> list[str]:
    return sorted(set(trials.loc[trials["split"] == "test", "subject_id"]))


def _lift(
    trials: pd.DataFrame,
    belongs: "pd.Series",
    names: tuple[str, str, str],
    settings: Evaluate,
) -> GroupLift:
    protocol, attribute, group = names
    control = best_control(trials, "test", "matched")
    own = trials[trials["subject_id"].map(belongs).astype(bool)]
    missed = 1 - person_rates(own, HELD_OUT, "matched")
    missed_plain = 1 - person_rates(own, Row(control, "test"), "matched")
    return GroupLift(
        protocol=protocol,
        attribute=attribute,
        group=group,
        people=len(missed),
        control=control,
        fnmr_design=float(missed.mean()),
        fnmr_control=float(missed_plain.mean()),
        lift=mean_gain(gains(own, HELD_OUT, control, "matched"), control, settings),
    )
