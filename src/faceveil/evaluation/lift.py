"""Lift: what a protection does beyond something plain that the same people wear on the same photos.

Recognized means what a column of the trials says: identified at rank 1 (``hit``), or matched with
the own template at a frozen threshold (``matched@<fmr>``), whose complement is the false non-match.
"""

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from faceveil.evaluation.rates import Rate
from faceveil.metrics.intervals import bootstrap_interval
from faceveil.metrics.spread import with_spread
from faceveil.params.errors import FaceveilError
from faceveil.params.evaluate import Evaluate

FEWEST_VARIANTS = 10
"""Of fewer there is no worst tenth."""


def best_control(trials: pd.DataFrame, plain: Sequence[str], recognized: str) -> str:
    """Return what is plain and protects the given people best; the first among equals.

    Args:
        trials: of dev people, so that the choice leaves no bias in what is judged.
        plain: the controls to choose among; those that nobody wears here are left out.
        recognized: Boolean column of the log.

    Raises:
        FaceveilError: if they wear none of them.
    """
    worn = sorted(trials["protection"].unique())
    there = [name for name in plain if name in worn]
    if not there:
        raise FaceveilError(
            f"params.yaml: evaluate.plain is {', '.join(plain)}, but people on whom controls are "
            f"chosen are seen in {', '.join(worn) or 'nothing'} alone; name a plain protection "
            "that they wear, or raise protocol.dev_people"
        )
    return min(there, key=lambda name: float(_by_person(trials, name, recognized).mean()))


def lift_of(
    trials: pd.DataFrame, names: tuple[str, str], recognized: str, settings: Evaluate
) -> Rate:
    """Return how much less often people are recognized under a protection than in a control.

    ``trials`` are of one protocol and one group; ``names``, ``recognized`` and errors are those of
    :func:`gains`.
    """
    gain = gains(trials, names, recognized)
    interval = bootstrap_interval(
        gain, gain.index, settings.confidence, bounds=(-1, 1), seed=settings.seed
    )
    value, means = float(gain.mean()), _by_training(trials, names, recognized)
    low, high = with_spread(value, interval, means, settings.confidence)
    count = int((trials["protection"] == names[0]).sum())
    return Rate(value, max(-1.0, low), min(1.0, high), len(gain), count)


def gains(trials: pd.DataFrame, names: tuple[str, str], recognized: str) -> "pd.Series[float]":
    """Return how much less often each person is recognized than in the control, by subject_id.

    ``names`` are the protection and the control, ``recognized`` is a Boolean column of trials.

    Raises:
        ValueError: if not the same people wear both.
    """
    own, over = (_by_person(trials, name, recognized) for name in names)
    if not own.index.equals(over.index):
        raise ValueError(f"not the same people wear {names[0]} and {names[1]}")
    return over - own


def worst_tenth(trials: pd.DataFrame, recognized: str) -> list[int]:
    """Return the variants in which most wearers are recognized: a tenth of all, rounded up.

    ``trials`` are of one protection; of equally bad variants the first ones are taken. There is
    none of fewer than ten, or where one of them has a single wearer: that tells of the person.
    """
    people = trials.groupby(["variant", "subject_id"])[recognized].mean()
    worn = people.groupby("variant").agg(["mean", "size"])
    if len(worn) < FEWEST_VARIANTS or worn["size"].min() < 2:
        return []
    worst = worn["mean"].sort_values(ascending=False, kind="stable").index
    return [int(variant) for variant in worst[: math.ceil(len(worst) / 10)]]


def _by_person(trials: pd.DataFrame, name: str, recognized: str) -> "pd.Series[float]":
    """Return how often each person is recognized, by subject_id, in [0, 1]."""
    return trials[trials["protection"] == name].groupby("subject_id")[recognized].mean()


def _by_training(
    trials: pd.DataFrame, names: tuple[str, str], recognized: str
) -> NDArray[np.float64]:
    """Return the lift of each training, ``[T]``; a control of no training is the same for all."""
    worn = [trials[trials["protection"] == name] for name in names]
    if worn[0]["training"].nunique() < 2:
        return np.empty(0)
    own, over = (each.pivot_table(recognized, "training", "subject_id") for each in worn)
    control = over.reindex(own.index) if -1 not in over.index else over.loc[-1]
    return (control - own).mean(axis=1).to_numpy(dtype=np.float64)
