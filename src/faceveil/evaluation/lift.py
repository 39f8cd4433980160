"""Lift: what a design does beyond something plain that the same people wear on the same photos."""

from dataclasses import dataclass

import pandas as pd

from faceveil.evaluation.protocol import PLAIN, Row, Subjects, Wears, of_subjects
from faceveil.metrics.intervals import bootstrap_interval
from faceveil.params.evaluate import Evaluate


@dataclass(frozen=True)
class Lift:
    """How much less often people are identified in one thing than in another.

    Attributes:
        over: what it is compared with.
        value: mean over people of the difference of their rank-1 rates, in [-1, 1]; positive where
            the design protects better.
        low: lower end of the percentile bootstrap interval over people.
        high: upper end.
    """

    over: str
    value: float
    low: float
    high: float


def lift_of(
    trials: pd.DataFrame, wears: Wears, subjects: Subjects, settings: Evaluate
) -> Lift | None:
    """Compare generated designs with the best plain control, and untrained ones with grey.

    The best control is the one in which the fewest of these people are identified; the first of
    :data:`PLAIN` among equals.

    Args:
        trials: the trial log of one protocol.
        wears: what is compared.
        subjects: on whom.
        settings: level of the interval, and its seed.

    Returns:
        The lift, or None for all that is worn but these two.

    Raises:
        ValueError: if not the same people wear both.
    """
    if wears == "untrained":
        return _lift(trials, Row(wears, subjects), Row("grey", subjects), settings)
    if wears != "generated":
        return None
    controls = [Row(control, subjects) for control in PLAIN]
    best = min(controls, key=lambda control: float(person_rates(trials, control).mean()))
    return _lift(trials, Row(wears, subjects), best, settings)


def person_rates(trials: pd.DataFrame, row: Row) -> pd.Series:
    """Return how often each person of a row is identified, by subject_id, in [0, 1]."""
    return of_subjects(trials, row).groupby("subject_id")["hit"].mean()


def _lift(trials: pd.DataFrame, design: Row, control: Row, settings: Evaluate) -> Lift:
    rates, over = person_rates(trials, design), person_rates(trials, control)
    if not rates.index.equals(over.index):
        raise ValueError(f"not the same people wear {design.wears} and {control.wears}")
    gain = over - rates
    interval = bootstrap_interval(gain, gain.index, settings.confidence, seed=settings.seed)
    return Lift(control.wears, float(gain.mean()), interval.low, interval.high)
