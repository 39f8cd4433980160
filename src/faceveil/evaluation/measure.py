"""From a trial log to rates: how many people, how often recognized, and how sure that is."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np
import pandas as pd

from faceveil.evaluation.calibration import Threshold
from faceveil.evaluation.lift import Lift, lift_of
from faceveil.evaluation.matching import (
    FalseMatches,
    Fnmr,
    Rate,
    cmc,
    det_curve,
    equal_error_rate,
    false_matches,
    rate_of,
)
from faceveil.evaluation.rows import CURVES, PROTOCOLS, ROWS, SPLITS_OF, Row, of_subjects
from faceveil.evaluation.search import BINS, Counts
from faceveil.evaluation.trials import NO_DESIGN, Log
from faceveil.params.errors import FaceveilError
from faceveil.params.evaluate import Evaluate

BY_CONSTRUCTION = "100 % by construction: the probe is the enrolled photo itself"


@dataclass(frozen=True)
class Measurement:
    """How often the probes of one row are recognized; shares are in [0, 1].

    Attributes:
        row: key of the row.
        label: the row in words.
        protocol: ``same_photo`` or ``other_photo``.
        people: people who probe.
        trials: searches, several per person where designs or photos are several.
        hits: searches whose best match was the prober.
        rank_1: hits / trials.
        low: lower end of the interval of ``rank_1``.
        high: upper end.
        designs: designs worn; 0 where none is.
        worst: mean rate of the worst designs for their wearers; None but for generated ones.
        per_design: rate of each generated design, in the order they were sampled.
        note: what a reader must know to read the number; mostly empty.
        lift: how many fewer are identified than in something plain; None for controls.
        rank_5: share of searches with the prober among the best five.
        fnmr: at each frozen threshold.
        eer: equal error rate of this row's mated and non-mated comparisons.
        mean_similarity: to the own template.
        mated: comparisons with the own template, one per search.
        nonmated: comparisons with other templates.
        false_match: how often a wearer is taken for somebody else.
        cmc: share of searches at rank k or better, k = 1 to 20; of rows in
            :data:`faceveil.evaluation.rows.CURVES`, empty for others.
        det: pairs of FMR and FNMR, of the same rows.
    """

    row: str
    label: str
    protocol: str
    people: int
    trials: int
    hits: int
    rank_1: float
    low: float
    high: float
    designs: int
    worst: float | None
    per_design: tuple[float, ...]
    note: str
    lift: Lift | None
    rank_5: Rate
    fnmr: tuple[Fnmr, ...]
    eer: float
    mean_similarity: float
    mated: int
    nonmated: int
    false_match: FalseMatches
    cmc: tuple[float, ...] = ()
    det: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True)
class Judge:
    """How rows are measured.

    Attributes:
        settings: level of intervals, worst share, headline false match rate.
        thresholds: the frozen ones of the recognizer, by falling false match rate.
    """

    settings: Evaluate
    thresholds: Sequence[Threshold]

    @property
    def headline(self) -> Threshold:
        """The threshold of ``evaluate.false_match_rate``.

        Raises:
            FaceveilError: if none was chosen for that rate.
        """
        wanted = self.settings.false_match_rate
        for one in self.thresholds:
            if one.fmr == wanted:
                return one
        known = ", ".join(str(one.fmr) for one in self.thresholds)
        raise FaceveilError(
            f"params.yaml: evaluate.false_match_rate is {wanted}, but calibrate.false_match_rates "
            f"are {known}; name one of those"
        )


def measure_all(log: Log, judge: Judge) -> list[Measurement]:
    """Measure every row under every protocol that has trials.

    Raises:
        FaceveilError: if a row that every collection has is without trials.
    """
    measurements = []
    for protocol in PROTOCOLS:
        trials = log.trials[log.trials["protocol"] == protocol]
        for row in ROWS:
            if len(of_subjects(trials, row)):
                measurements.append(measure(Log(trials, log.nonmated), row, protocol, judge))
            elif protocol == "same_photo":
                raise FaceveilError(f"no photo for row {row.name!r}; curate kept too few people")
    return measurements


def measure(log: Log, row: Row, protocol: str, judge: Judge) -> Measurement:
    """Measure one row of one protocol, which has at least one trial.

    Args:
        log: all trials of the protocol, so that a design can be compared with controls.
        row: what is worn, by whom.
        protocol: which photo probes.
        judge: how.
    """
    settings, trials = judge.settings, of_subjects(log.trials, row)
    subjects, counts = trials["subject_id"], nonmated_of(log, row, protocol)
    rank_1 = rate_of(trials["hit"], subjects, settings.confidence)
    by_design = trials[trials["design"] != NO_DESIGN].groupby("design")["hit"].mean()
    generated = row.wears == "generated"
    mated = trials["mated"].to_numpy(dtype=np.float64)
    shown = row.name in CURVES
    return Measurement(
        row=row.name,
        label=row.label,
        protocol=protocol,
        people=int(subjects.nunique()),
        trials=len(trials),
        hits=int(trials["hit"].sum()),
        rank_1=rank_1.value,
        low=rank_1.low,
        high=rank_1.high,
        designs=len(by_design),
        worst=worst_rate(by_design, settings.worst_share) if generated else None,
        per_design=tuple(map(float, by_design)) if generated else (),
        note=BY_CONSTRUCTION if (row.wears, protocol) == ("no_mask", "same_photo") else "",
        lift=lift_of(log.trials, row, settings),
        rank_5=rate_of(trials["rank"] <= 5, subjects, settings.confidence),
        fnmr=tuple(_fnmr(log.trials, row, at, settings) for at in judge.thresholds),
        eer=equal_error_rate(mated, counts),
        mean_similarity=round(float(mated.mean()), 4),
        mated=len(trials),
        nonmated=int(counts.sum()),
        false_match=false_matches(trials, judge.headline, settings.confidence),
        cmc=cmc(trials["rank"]) if shown else (),
        det=det_curve(mated, counts) if shown else (),
    )


def nonmated_of(log: Log, row: Row, protocol: str) -> Counts:
    """Return the counted non-mated comparisons of one row."""
    chosen = [
        log.nonmated[key]
        for split in SPLITS_OF[row.subjects]
        if (key := (row.wears, protocol, split)) in log.nonmated
    ]
    return np.sum(chosen, axis=0) if chosen else np.zeros(BINS, np.int64)


def worst_rate(by_design: "pd.Series", share: float) -> float:
    """Return the mean rate of the ``share`` of designs under which most people are recognized."""
    count = ceil(share * len(by_design))
    return float(by_design.sort_values(ascending=False).iloc[:count].mean())


def _fnmr(trials: pd.DataFrame, row: Row, at: Threshold, settings: Evaluate) -> Fnmr:
    """Measure one row at one threshold."""
    if at.threshold is None:
        return Fnmr(at.fmr, None, needed=at.needed)
    matched = trials.assign(matched=trials["mated"] >= at.threshold)
    own = of_subjects(matched, row)
    missed = rate_of(~own["matched"], own["subject_id"], settings.confidence)
    worst = None
    if row.wears == "generated":
        by_design = own.groupby("design")["matched"].mean()
        worst = 1 - worst_rate(by_design, settings.worst_share)
    lift = lift_of(matched, row, settings, "matched")
    return Fnmr(at.fmr, at.threshold, missed.value, missed.low, missed.high, worst, lift)
