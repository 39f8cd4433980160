"""Lift: what a design does beyond something plain that the same people wear on the same photos.

Recognized means what a column of the trial log says: identified at rank 1 (``hit``), or matched
with the own template at a frozen threshold (``matched``), whose complement is the false non-match.
"""

from dataclasses import dataclass

import pandas as pd

from faceveil.evaluation.rows import PLAIN, Row, Subjects, Wears, of_subjects
from faceveil.metrics.intervals import bootstrap_interval
from faceveil.params.evaluate import Evaluate


@dataclass(frozen=True)
class Lift:
    """How much less often people are recognized in one thing than in another.

    Attributes:
        over: what it is compared with.
        value: mean over people of the difference of their rates, in [-1, 1]; positive where the
            design protects better. Of matches it is FNMR(design) - FNMR(control).
        low: lower end of the percentile bootstrap interval over people.
        high: upper end.
        people: people behind it.
    """

    over: str
    value: float
    low: float
    high: float
    people: int


def lift_of(
    trials: pd.DataFrame, row: Row, settings: Evaluate, recognized: str = "hit"
) -> Lift | None:
    """Compare generated designs with the best plain control, and untrained ones with grey.

    The best control is the one in which the fewest of these people are recognized; the first of
    :data:`PLAIN` among equals.

    Args:
        trials: the trial log of one protocol.
        row: what is compared, on whom.
        settings: level of the interval, and its seed.
        recognized: Boolean column of the log.

    Returns:
        The lift, or None for all that is worn but these two.

    Raises:
        ValueError: if not the same people wear both.
    """
    if row.wears == "untrained":
        return mean_gain(gains(trials, row, "grey", recognized), "grey", settings)
    if row.wears != "generated":
        return None
    best = best_control(trials, row.subjects, recognized)
    return mean_gain(gains(trials, row, best, recognized), best, settings)


def best_control(trials: pd.DataFrame, subjects: Subjects, recognized: str = "hit") -> Wears:
    """Return what is plain and protects these people best."""
    return min(
        PLAIN,
        key=lambda wears: float(person_rates(trials, Row(wears, subjects), recognized).mean()),
    )


def gains(trials: pd.DataFrame, row: Row, control: Wears, recognized: str = "hit") -> "pd.Series":
    """Return how much less often each person is recognized than in the control, by subject_id.

    Raises:
        ValueError: if not the same people wear both.
    """
    rates = person_rates(trials, row, recognized)
    over = person_rates(trials, Row(control, row.subjects), recognized)
    if not rates.index.equals(over.index):
        raise ValueError(f"not the same people wear {row.wears} and {control}")
    return over - rates


def mean_gain(gain: "pd.Series", over: str, settings: Evaluate) -> Lift:
    """Return the mean of gains, one per person, with its bootstrap interval over people."""
    interval = bootstrap_interval(
        gain, gain.index, settings.confidence, bounds=(-1, 1), seed=settings.seed
    )
    return Lift(over, float(gain.mean()), interval.low, interval.high, len(gain))


def person_rates(trials: pd.DataFrame, row: Row, recognized: str = "hit") -> "pd.Series":
    """Return how often each person of a row is recognized, by subject_id, in [0, 1]."""
    return of_subjects(trials, row).groupby("subject_id")[recognized].mean()
