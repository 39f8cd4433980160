"""Shares of pairs of people, such as how often two strangers match, and how sure they are.

Pairs share people: who looks like everybody is in many of them. So neither pairs nor photos are
independent trials, and an interval comes from leaving out one person after the other.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from faceveil.metrics.intervals import Interval, wilson_interval


class PairShare(NamedTuple):
    """A share of pairs in [0, 1], and its interval over people."""

    value: float
    interval: Interval


def pair_share(
    matched: NDArray[np.int64], pairs: NDArray[np.int64], confidence: float
) -> PairShare:
    """Return the share of pairs that match, and Wilson's interval of it over people.

    The count in Wilson's formula is the number of independent trials with the variance of the
    delete-one jackknife over people: J. N. Arvesen, "Jackknifing U-statistics", Annals of
    Mathematical Statistics 40 (1969), 2076-2100; as effective number: L. Kish, "Survey Sampling"
    (1965), section 8.2. Where no pair or every pair matches, the jackknife sees no variance: then
    it is the number of pairs that share nobody, half the people.

    >>> pair_share(np.array([1, 1, 0, 0]), np.array([3, 3, 3, 3]), 0.95).value
    0.16666666666666666

    Args:
        matched: for each person, the matching pairs that the person is in, ``[P]``.
        pairs: for each person, all pairs that the person is in, ``[P]``; not all 0.
        confidence: level of the interval, in (0, 1).

    Raises:
        ValueError: if there is no pair.
    """
    # Every pair is counted with both of its people.
    hits, total = int(matched.sum()) / 2, int(pairs.sum()) / 2
    if total == 0:
        raise ValueError("a share of pairs needs pairs, here are none")
    there = pairs > 0
    share, people = hits / total, int(there.sum())
    count = max(1.0, people // 2)
    left = total - pairs[there]
    if 0 < hits < total and (left > 0).all():
        without = (hits - matched[there]) / left
        variance = (people - 1) / people * float(((without - without.mean()) ** 2).sum())
        if variance > 0:
            count = float(np.clip(share * (1 - share) / variance, 1, total))
    return PairShare(share, wilson_interval(share * count, count, confidence))
