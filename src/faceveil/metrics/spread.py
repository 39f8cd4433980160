"""How much trainings differ, besides people: one training is one draw of what a method can do."""

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from faceveil.metrics.intervals import Interval


def with_spread(
    value: float, interval: Interval, means: NDArray[np.float64], confidence: float
) -> Interval:
    """Return an interval over people, widened by the spread between trainings.

    The two half-widths add as independent ones do, in squares. That of trainings is Student's: with
    T of them, ``t(T - 1) * s / sqrt(T)``, s the standard deviation between their means. Few
    trainings say little about others, and three make t 4.3 where many make it 2.

    Args:
        value: mean over all.
        interval: over people.
        means: of each training, ``[T]``; with fewer than two the interval stays.
        confidence: level in (0, 1).
    """
    count = len(means)
    if count < 2:
        return interval
    reach = float(stdtrit(count - 1, (1 + confidence) / 2) * means.std(ddof=1) / np.sqrt(count))
    return Interval(
        value - float(np.hypot(value - interval.low, reach)),
        value + float(np.hypot(interval.high - value, reach)),
    )
