"""How sure a measured share or mean is, given how few people it was measured on."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr, ndtri, stdtrit

DRAWN_AT_ONCE = 2**20
"""People drawn at once in a bootstrap: what bounds its memory."""


class Interval(NamedTuple):
    """A two-sided interval, in the unit of what was measured."""

    low: float
    high: float


def wilson_interval(successes: float, count: float, confidence: float = 0.95) -> Interval:
    """Return Wilson's score interval of a binomial share, inside [0, 1].

    Unlike the normal approximation it stays sensible at 0 % and 100 %, where our numbers are.
    Source: E. B. Wilson, "Probable inference, the law of succession, and statistical inference",
    Journal of the American Statistical Association 22 (1927), 209-212.

    >>> interval = wilson_interval(8, 10)
    >>> round(interval.low, 4), round(interval.high, 4)
    (0.4902, 0.9433)

    Args:
        successes: hits, in [0, count]; a mean over trials may be a fraction.
        count: trials, at least 1; an effective number may be a fraction.
        confidence: level in (0, 1).

    Raises:
        ValueError: if an argument is out of range.
    """
    if count < 1 or not 0 <= successes <= count:
        raise ValueError(f"{successes} successes of {count}: need 0 <= successes <= count >= 1")
    z = float(ndtri((1 + _checked(confidence)) / 2))
    share, weight = successes / count, z * z / count
    center = (share + weight / 2) / (1 + weight)
    spread = z / (1 + weight) * np.sqrt(share * (1 - share) / count + weight / (4 * count))
    # Exact at the ends, where rounding would leave 1e-17 or 1 + 1e-16.
    low = 0.0 if successes == 0 else float(center - spread)
    return Interval(low, 1.0 if successes == count else float(center + spread))


def bootstrap_interval(
    values: ArrayLike,
    subject_ids: ArrayLike,
    confidence: float = 0.95,
    bounds: tuple[float, float] | None = None,
    resamples: int = 2000,
    seed: int = 0,
) -> Interval:
    """Return the percentile bootstrap interval of a mean, resampling people and not photos.

    Photos of one person are alike; drawing whole people keeps the interval as wide as it must be.
    Percentiles are taken further out for few people, as far as Student's t is wider than the normal
    distribution. Of people who are all alike nothing can be drawn but the same again: then the
    interval holds what the mean would be if as many as may be missing from a sample of this size
    (Wilson's bound for none of n) had a value at one of the bounds. The same values in another row
    order give the same interval. Source: B. Efron and R. J. Tibshirani, "An Introduction to the
    Bootstrap" (1993), chapter 13; clusters as in A. C. Davison and D. V. Hinkley, "Bootstrap
    Methods and their Application" (1997), section 3.8; the expansion from T. C. Hesterberg, "What
    Teachers Should Know About the Bootstrap", The American Statistician 69 (2015), 371-386.

    Args:
        values: one number per photo (or design and photo), ``[N]``.
        subject_ids: whose photo each is, ``[N]``.
        confidence: level in (0, 1).
        bounds: least and greatest value that a person can have; without them the interval of
            people who are all alike is their value.
        resamples: bootstrap draws.
        seed: seed of the draws.

    Raises:
        ValueError: if there are no values, or not one subject for each.
    """
    numbers, subjects = np.asarray(values, dtype=np.float64), np.asarray(subject_ids)
    if numbers.ndim != 1 or numbers.shape != subjects.shape or numbers.size == 0:
        raise ValueError(f"need one subject per value, not {numbers.shape} and {subjects.shape}")
    tail = (1 - _checked(confidence)) / 2
    _, person, photos = np.unique(subjects, return_inverse=True, return_counts=True)
    totals, people = np.bincount(person, weights=numbers), len(photos)
    if np.ptp(totals / photos) == 0:
        value = float(totals[0] / photos[0])
        least, most = bounds or (value, value)
        missing = wilson_interval(0, people, confidence).high
        return Interval(value - missing * (value - least), value + missing * (most - value))
    tail = float(ndtr(np.sqrt(people / (people - 1)) * stdtrit(people - 1, tail)))
    rng = np.random.default_rng(seed)
    at_once = max(1, DRAWN_AT_ONCE // people)
    drawn = (
        rng.integers(people, size=(min(at_once, resamples - start), people))
        for start in range(0, resamples, at_once)
    )
    means = np.concatenate([totals[who].sum(axis=1) / photos[who].sum(axis=1) for who in drawn])
    low, high = np.quantile(means, [tail, 1 - tail])
    return Interval(float(low), float(high))


def _checked(confidence: float) -> float:
    if not 0 < confidence < 1:
        raise ValueError(f"confidence {confidence} is not inside (0, 1)")
    return confidence
