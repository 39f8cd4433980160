"""The paper's central claim: designs trained against a recognizer that learns are more robust.

Robust is what keeps its lift when the opponent has learned from labelled photos of the designs.
Compared are the same held-out people, so the difference has an interval over people, and a test
that holds however few of them tell the two apart. Each experiment is one game: what another seed
would have given is in neither.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from faceveil.evaluation.standing import Gains
from faceveil.metrics.intervals import bootstrap_interval
from faceveil.params.evaluate import Evaluate
from faceveil.params.experiments import Game

DECIDES = ("other_photo", "fnmr")
"""Protocol and metric that decide; without further photos, ``same_photo``."""


@dataclass(frozen=True)
class Difference:
    """Lift of one kind of designs minus that of the other, after the recognizer struck back.

    Attributes:
        protocol: which photo probes.
        metric: ``rank_1`` or ``fnmr``.
        value: mean over people, in [-2, 2]; positive where the claim's side is more robust.
        learning: what is left of the lift where the recognizer learned during the game.
        fixed: what is left of it where the recognizer was fixed.
        low: lower end of the percentile bootstrap interval over people.
        high: upper end.
        p: two-sided p-value of the paired sign-flip test over people: how often as large a mean
            comes about where it is by chance which side of the difference a person is on.
        people: people behind it.
        between: which experiments are compared.
    """

    protocol: str
    metric: str
    value: float
    learning: float
    fixed: float
    low: float
    high: float
    p: float
    people: int
    between: str


@dataclass(frozen=True)
class Claim:
    """What this run says about the claim.

    Attributes:
        text: the verdict in one sentence.
        holds: True or False where the interval excludes 0 and the test agrees; else None.
        differences: under every protocol and metric.
    """

    text: str
    holds: bool | None
    differences: tuple[Difference, ...]


def judge_claim(
    games: Mapping[str, Game], gains: Mapping[str, Gains], settings: Evaluate, photos: int
) -> Claim:
    """Compare experiments whose recognizer learned with those whose recognizer was fixed.

    Args:
        games: by experiment; ensembles are left out, since they answer another question.
        gains: by experiment: of each person, after the recognizer had learned from ``photos``.
        settings: level and seed of the intervals.
        photos: labelled photos that the recognizer was given.
    """
    alone = {name: game for name, game in games.items() if not game.ensemble}
    learning = [name for name, game in alone.items() if game.recognizer_learns_from]
    fixed = [name for name, game in alone.items() if not game.recognizer_learns_from]
    if not learning or not fixed:
        return Claim("Not tested: it takes a game with a fixed and one with a learning recognizer.",
                     None, ())  # fmt: skip
    between = f"{' + '.join(learning)} minus {' + '.join(fixed)}"
    differences = tuple(
        _difference(key, (_mean(gains, learning, key), _mean(gains, fixed, key)), between, settings)
        for key in gains[learning[0]]
    )
    decisive = _decisive(differences)
    shown = decisive.p < 1 - settings.confidence and not decisive.low <= 0 <= decisive.high
    holds = decisive.value > 0 if shown else None
    return Claim(_sentence(decisive, holds, settings, photos), holds, differences)


def _mean(gains: Mapping[str, Gains], names: list[str], key: tuple[str, str]) -> "pd.Series":
    """Return each person's mean gain over experiments."""
    return pd.concat([gains[name][key] for name in names], axis=1).mean(axis=1)


def _difference(
    key: tuple[str, str],
    left: tuple["pd.Series", "pd.Series"],
    between: str,
    settings: Evaluate,
) -> Difference:
    learning, fixed = left
    values = learning - fixed
    interval = bootstrap_interval(
        values, values.index, settings.confidence, bounds=(-2, 2), seed=settings.seed
    )
    return Difference(
        *key,
        value=float(values.mean()),
        learning=float(learning.mean()),
        fixed=float(fixed.mean()),
        low=interval.low,
        high=interval.high,
        p=_sign_flip(values, settings.seed),
        people=len(values),
        between=between,
    )


def _sign_flip(values: "pd.Series", seed: int) -> float:
    """Return the two-sided p-value of a mean of differences, signs drawn anew."""
    from scipy.stats import permutation_test  # noqa: PLC0415  (a second, and only here)

    # Sums in the order of ids: the same people in other rows give the same digits.
    ordered = values.sort_index().to_numpy(dtype=np.float64)
    rng = np.random.default_rng(seed)
    return float(permutation_test((ordered,), np.mean, permutation_type="samples", rng=rng).pvalue)


def _decisive(differences: tuple[Difference, ...]) -> Difference:
    """Return the difference that decides: the last protocol's FNMR, or rank-1 without one."""
    return max(differences, key=lambda one: (one.protocol == DECIDES[0], one.metric == DECIDES[1]))


def _sentence(one: Difference, holds: bool | None, settings: Evaluate, photos: int) -> str:
    verdict = {
        True: "holds in this run: designs trained against a learning recognizer end with more lift",
        False: "does not hold in this run: such designs end with less lift",
        None: "is not shown either way by this run, one game per experiment",
    }[holds]
    metric = {"fnmr": "FNMR", "rank_1": "rank-1"}[one.metric]
    level = f"{100 * settings.confidence:g} %"
    return (
        f"The claim {verdict}. Once the recognizer has learned from {photos:,} labelled photos, "
        f"designs trained against a learning one have a lift in {metric} "
        f"({one.protocol.replace('_', ' ')}) of {_points(one.learning)} points, those trained "
        f"against a fixed one {_points(one.fixed)}: {one.between} {_points(one.value)} "
        f"[{_points(one.low)}, {_points(one.high)}], {level} interval over {one.people} held-out "
        f"people; sign-flip test p = {one.p:.2g}."
    )


def _points(share: float) -> str:
    """Return a difference of shares in percentage points, with its sign."""
    return f"{100 * share:+.1f}".replace("-", "\N{MINUS SIGN}")
