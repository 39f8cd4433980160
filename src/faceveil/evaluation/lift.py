"""Lift: what a design does beyond something plain that the same people wear on the same photos."""

from dataclasses import dataclass

import pandas as pd

from faceveil.evaluation.protocol import PLAIN, Subjects, Wears
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
        The lift, or None for whatever is a control itself.
    """
    of_subjects = trials if subjects == "all" else trials[trials["split"] == subjects]
    if wears == "generated":
        rates = {control: person_rates(of_subjects, control).mean() for control in PLAIN}
        return _lift(of_subjects, wears, min(PLAIN, key=lambda control: rates[control]), settings)
    return _lift(of_subjects, wears, "grey", settings) if wears == "untrained" else None


def person_rates(trials: pd.DataFrame, wears: Wears) -> pd.Series:
    """Return how often each person is identified in one thing, by subject_id, in [0, 1]."""
    return trials[trials["wears"] == wears].groupby("subject_id")["hit"].mean()


def _lift(trials: pd.DataFrame, wears: Wears, over: Wears, settings: Evaluate) -> Lift:
    design, control = (person_rates(trials, worn) for worn in (wears, over))
    if not design.index.equals(control.index):
        raise ValueError(f"not the same people wear {wears} and {over}")
    gain = control - design
    interval = bootstrap_interval(gain, gain.index, settings.confidence, seed=settings.seed)
    return Lift(over, float(gain.mean()), interval.low, interval.high)
