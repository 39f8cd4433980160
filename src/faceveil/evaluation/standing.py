"""How the designs of an experiment stand before one recognizer: their lift, among held-out people.

The same few numbers for every opponent, so that tables of opponents compare like with like.
"""

from dataclasses import dataclass

import pandas as pd

from faceveil.evaluation.calibration import Threshold
from faceveil.evaluation.lift import Lift, best_control, gains, mean_gain
from faceveil.evaluation.rows import PROTOCOLS, Row, of_subjects
from faceveil.params.evaluate import Evaluate

HELD_OUT = Row("generated", "test")

Gains = dict[tuple[str, str], "pd.Series"]
"""By protocol and metric: how much less often each person is recognized than in the control."""


@dataclass(frozen=True)
class Standing:
    """One metric under one protocol.

    Attributes:
        protocol: which photo probes.
        metric: ``rank_1`` or ``fnmr``.
        fmr: false match rate of the threshold; None for ``rank_1``.
        lift: over the best plain control.
        design: the metric over all trials in designs, in [0, 1]: identified, or missed.
        control: the metric over all trials in that control.
    """

    protocol: str
    metric: str
    fmr: float | None
    lift: Lift
    design: float
    control: float


def standings(trials: pd.DataFrame, at: Threshold, settings: Evaluate) -> list[Standing]:
    """Return rank-1 and, where the threshold is reachable, FNMR, under every protocol.

    Args:
        trials: the log of one recognizer: held-out people in designs and in all that is plain.
        at: its frozen threshold.
        settings: level and seed of the intervals.
    """
    return [
        _standing(of_protocol, (protocol, metric), column, at, settings)
        for (protocol, metric), (of_protocol, column) in _outcomes(trials, at).items()
    ]


def person_gains(trials: pd.DataFrame, at: Threshold) -> Gains:
    """Return the gains of each person, of which :func:`standings` gives the means."""
    return {
        key: gains(of, HELD_OUT, best_control(of, "test", column), column)
        for key, (of, column) in _outcomes(trials, at).items()
    }


def _outcomes(
    trials: pd.DataFrame, at: Threshold
) -> dict[tuple[str, str], tuple[pd.DataFrame, str]]:
    """Return the trials of each protocol, and the column that a metric looks at."""
    matched = trials
    columns = {"rank_1": "hit"}
    if at.threshold is not None:
        matched = trials.assign(matched=trials["mated"] >= at.threshold)
        columns["fnmr"] = "matched"
    return {
        (protocol, metric): (of_protocol, column)
        for protocol in PROTOCOLS
        if len(of_protocol := matched[matched["protocol"] == protocol])
        for metric, column in columns.items()
    }


def _standing(
    trials: pd.DataFrame, key: tuple[str, str], column: str, at: Threshold, settings: Evaluate
) -> Standing:
    protocol, metric = key
    control = best_control(trials, "test", column)
    # Over trials, as in every other table; only the lift is a mean over people.
    design = float(of_subjects(trials, HELD_OUT)[column].mean())
    plain = float(of_subjects(trials, Row(control, "test"))[column].mean())
    missed = metric == "fnmr"
    return Standing(
        protocol=protocol,
        metric=metric,
        fmr=at.fmr if missed else None,
        lift=mean_gain(gains(trials, HELD_OUT, control, column), control, settings),
        design=1 - design if missed else design,
        control=1 - plain if missed else plain,
    )
