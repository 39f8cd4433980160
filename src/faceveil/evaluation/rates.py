"""Rates of trials: how often people are identified, missed, or taken for somebody else.

Terms are those of NIST's FRTE reports: FNMR at the threshold of a given FMR (1:1), and FPIR, the
share of searches without a mate that return somebody all the same (1:N).
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from faceveil.evaluation.search import EDGES, Counts, steps
from faceveil.metrics.intervals import wilson_interval
from faceveil.metrics.spread import with_spread
from faceveil.metrics.verification import eer, roc

CMC_RANKS = 20
"""Ranks of the stored CMC curve."""

DET_RATES: NDArray[np.float64] = np.round(np.logspace(-4, 0, 25), 6)
"""False match rates of the stored DET curve."""


@dataclass(frozen=True)
class Rate:
    """A share in [0, 1], or a difference of shares in [-1, 1], and its interval.

    Attributes:
        value: over all trials.
        low: lower end of the interval over people, and trainings where there are several.
        high: upper end.
        people: people behind it.
        trials: trials behind it.
    """

    value: float
    low: float
    high: float
    people: int
    trials: int


def rate_of(trials: pd.DataFrame, outcome: str, confidence: float) -> Rate:
    """Return the share of trials with an outcome.

    Several trials of one person are not independent, so the interval is Wilson's with the number of
    *people*, not of trials, at the rate over all trials. Where people have unequally many trials,
    it is fewer people that have a say: the effective number of L. Kish, "Survey Sampling" (1965),
    section 11.7, the square of the sum of their trials over the sum of the squares. Where there
    are several trainings, their spread widens it: :func:`faceveil.metrics.spread.with_spread`.

    Args:
        trials: with ``subject_id`` and ``training``, not empty.
        outcome: Boolean column that says whether it happened.
        confidence: level of the interval, in (0, 1).
    """
    each = trials["subject_id"].value_counts().to_numpy()
    share = float(trials[outcome].mean())
    people = each.sum() ** 2 / (each**2).sum()
    # As many people as the rate would be; a fraction of one is as good in the formula.
    interval = wilson_interval(share * people, people, confidence)
    interval = with_spread(share, interval, training_means(trials, outcome), confidence)
    low, high = max(0.0, interval.low), min(1.0, interval.high)
    return Rate(share, low, high, len(each), len(trials))


def training_means(trials: pd.DataFrame, outcome: str) -> NDArray[np.float64]:
    """Return the share of each training, ``[T]``; empty where trials come from none or one."""
    training = trials["training"].to_numpy()
    if len(np.unique(training[training >= 0])) < 2:
        return np.empty(0)
    means = trials[training >= 0].groupby("training")[outcome].mean()
    return means.to_numpy(dtype=np.float64)


def top_victim_share(trials: pd.DataFrame, stranger: str) -> tuple[int, float | None]:
    """Return how many people somebody is taken for, and the most frequent one's share of that."""
    victims = trials.loc[trials[stranger], "nearest_id"].value_counts()
    return len(victims), float(victims.iloc[0] / victims.sum()) if len(victims) else None


def equal_error_rate(mated: NDArray[np.float64], nonmated: Counts) -> float:
    """Return the equal error rate of counted similarities, exact to a step of 1e-4.

    Args:
        mated: similarities of probes to their own templates, float64 ``[M]`` in [-1, 1], M > 0.
        nonmated: comparisons with other templates in each step, int64 ``[BINS]``, not all 0.

    Returns:
        The share in [0, 1] at which as many mated pairs are missed as others are accepted.

    Raises:
        ValueError: if there are no pairs of a kind.
    """
    there = nonmated > 0
    return eer(EDGES[steps(mated)], EDGES[there], nonmated[there])


def det_curve(mated: NDArray[np.float64], nonmated: Counts) -> list[tuple[float, float]]:
    """Return the detection error trade-off: pairs of false match rate and FNMR, both in [0, 1].

    Arguments and errors are those of :func:`equal_error_rate`. Rates are those of
    :data:`DET_RATES`; one that would need more comparisons than there are is left out.
    """
    there = nonmated > 0
    curve = roc(EDGES[steps(mated)], EDGES[there], nonmated[there])
    reachable = DET_RATES[DET_RATES * nonmated.sum() >= 1 - 1e-9]
    return [(float(fmr), 1 - float(curve.tmr[curve.fmr <= fmr + 1e-12].max())) for fmr in reachable]


def cmc(ranks: "pd.Series[int]") -> list[float]:
    """Return the share in [0, 1] of searches, ``[P]``, with a rank of k or better, k = 1 to 20."""
    return [float((ranks <= k).mean()) for k in range(1, CMC_RANKS + 1)]
