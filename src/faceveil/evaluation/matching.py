"""Verification and harm in one row: mated pairs below a threshold, strangers above it.

Terms are those of NIST's FRTE reports: FNMR at the threshold of a given FMR (1:1), and FPIR, the
share of searches without a mate that return somebody all the same (1:N).
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from faceveil.evaluation.calibration import Threshold
from faceveil.evaluation.lift import Lift
from faceveil.evaluation.search import EDGES, Counts, steps
from faceveil.metrics.intervals import wilson_interval
from faceveil.metrics.verification import Roc, eer, roc

CMC_RANKS = 20
"""Ranks of the stored CMC curve."""

DET_RATES: NDArray[np.float64] = np.round(np.logspace(-4, 0, 25), 6)
"""False match rates of the stored DET curve."""


@dataclass(frozen=True)
class Rate:
    """A share in [0, 1], with the interval over people."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Fnmr:
    """False non-match rate at one frozen threshold.

    Attributes:
        fmr: false match rate that the threshold was chosen for, on other people without designs.
        threshold: None where that rate was not reachable; all the following are None then.
        value: share of mated comparisons below the threshold.
        low: lower end of its interval over people.
        high: upper end.
        worst: mean over the worst designs for their wearers; None but for generated ones.
        lift: FNMR minus that of the best plain control; None for controls.
        needed: comparisons that a threshold would need, where there were too few.
    """

    fmr: float
    threshold: float | None
    value: float | None = None
    low: float | None = None
    high: float | None = None
    worst: float | None = None
    lift: Lift | None = None
    needed: int | None = None


@dataclass(frozen=True)
class FalseMatches:
    """How often a wearer is taken for somebody else, the own template left out of the search.

    Attributes:
        fmr: false match rate that the threshold was chosen for.
        fpir: share of searches that return somebody; None without a threshold.
        people: wearers who are taken for somebody else at least once.
        victims: people whom somebody is taken for.
        top_share: share of the false matches that fall on the most frequent victim; None if none.
    """

    fmr: float
    fpir: Rate | None
    people: int
    victims: int
    top_share: float | None


def rate_of(outcome: "pd.Series", subject_ids: "pd.Series", confidence: float) -> Rate:
    """Return the share of trials with an outcome.

    Several trials of one person are not independent, so the interval is Wilson's with the number of
    *people*, not of trials, at the rate over all trials. Where people have unequally many trials,
    it is fewer people that have a say: the effective number of L. Kish, "Survey Sampling" (1965),
    section 11.7, the square of the sum of their trials over the sum of the squares.

    Args:
        outcome: whether it happened, bool ``[T]``, T > 0.
        subject_ids: whose trial each is, ``[T]``.
        confidence: level of the interval, in (0, 1).
    """
    trials, found = subject_ids.value_counts().to_numpy(), int(outcome.sum())
    people = trials.sum() ** 2 / (trials**2).sum()
    # As many people as the rate would be; a fraction of one is as good in the formula.
    interval = wilson_interval(found / len(outcome) * people, people, confidence)
    return Rate(found / len(outcome), interval.low, interval.high)


def false_matches(trials: pd.DataFrame, at: Threshold, confidence: float) -> FalseMatches:
    """Count who is taken for whom.

    Args:
        trials: those of one row.
        at: the frozen threshold.
        confidence: level of the interval.
    """
    if at.threshold is None:
        return FalseMatches(at.fmr, None, 0, 0, None)
    matched = trials["nearest"] >= at.threshold
    victims = trials.loc[matched, "nearest_id"].value_counts()
    return FalseMatches(
        fmr=at.fmr,
        fpir=rate_of(matched, trials["subject_id"], confidence),
        people=int(trials.loc[matched, "subject_id"].nunique()),
        victims=len(victims),
        top_share=float(victims.iloc[0] / victims.sum()) if len(victims) else None,
    )


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


def det_curve(mated: NDArray[np.float64], nonmated: Counts) -> tuple[tuple[float, float], ...]:
    """Return the detection error trade-off: pairs of false match rate and FNMR, both in [0, 1].

    Arguments and errors are those of :func:`equal_error_rate`. Rates are those of
    :data:`DET_RATES`; one that would need more comparisons than there are is left out.
    """
    there = nonmated > 0
    curve = roc(EDGES[steps(mated)], EDGES[there], nonmated[there])
    reachable = DET_RATES[DET_RATES * nonmated.sum() >= 1 - 1e-9]
    return tuple((float(fmr), _fnmr_at(curve, float(fmr))) for fmr in reachable)


def cmc(ranks: "pd.Series") -> tuple[float, ...]:
    """Return the cumulative match characteristic.

    Args:
        ranks: rank of the own template in each search, from 1, ``[P]``, P > 0.

    Returns:
        The share of searches in [0, 1] whose prober is at rank k or better, for k = 1 to 20.
    """
    return tuple(round(float((ranks <= k).mean()), 6) for k in range(1, CMC_RANKS + 1))


def _fnmr_at(curve: Roc, fmr: float) -> float:
    return round(1 - float(curve.tmr[curve.fmr <= fmr + 1e-12].max()), 6)
