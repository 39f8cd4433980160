"""From a trial log to rates: how many people, how often identified, and how sure that is."""

from dataclasses import dataclass, replace
from math import ceil

import pandas as pd

from faceveil.evaluation.lift import Lift, lift_of
from faceveil.evaluation.protocol import PROTOCOLS, ROWS, Row, of_subjects
from faceveil.evaluation.trials import NO_DESIGN
from faceveil.metrics.intervals import wilson_interval
from faceveil.params.errors import FaceveilError
from faceveil.params.evaluate import Evaluate

BY_CONSTRUCTION = "100 % by construction: the probe is the enrolled photo itself"


@dataclass(frozen=True)
class Measurement:
    """How often the probes of one row are identified; shares are in [0, 1].

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
        lift: how much better a design protects than something plain; None for controls.
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
    lift: Lift | None = None


def measure_all(trials: pd.DataFrame, settings: Evaluate) -> list[Measurement]:
    """Measure every row under every protocol that has trials.

    Raises:
        FaceveilError: if a row that every collection has is without trials.
    """
    measurements = []
    for protocol in PROTOCOLS:
        of_protocol = trials[trials["protocol"] == protocol]
        for row in ROWS:
            chosen = of_subjects(of_protocol, row)
            if len(chosen):
                lift = lift_of(of_protocol, row.wears, row.subjects, settings)
                measured = measure(chosen, row, protocol, settings)
                measurements.append(replace(measured, lift=lift))
            elif protocol == "same_photo":
                raise FaceveilError(f"no photo for row {row.name!r}; curate kept too few people")
    return measurements


def measure(trials: pd.DataFrame, row: Row, protocol: str, settings: Evaluate) -> Measurement:
    """Measure one row from its trials, of which there is at least one.

    Several trials of one person are not independent, so the interval is Wilson's with the number
    of *people*, not of trials, at the rate over all trials.
    """
    people, hits = int(trials["subject_id"].nunique()), int(trials["hit"].sum())
    rate = hits / len(trials)
    # As many people as the rate would be; a fraction of one is as good in the formula.
    identified = hits * people / len(trials)
    interval = wilson_interval(identified, people, settings.confidence)
    by_design = trials[trials["design"] != NO_DESIGN].groupby("design")["hit"].mean()
    generated = row.wears == "generated"
    return Measurement(
        row=row.name,
        label=row.label,
        protocol=protocol,
        people=people,
        trials=len(trials),
        hits=hits,
        rank_1=rate,
        low=interval.low,
        high=interval.high,
        designs=len(by_design),
        worst=worst_rate(by_design, settings.worst_share) if generated else None,
        per_design=tuple(map(float, by_design)) if generated else (),
        note=BY_CONSTRUCTION if (row.wears, protocol) == ("no_mask", "same_photo") else "",
    )


def worst_rate(by_design: pd.Series, share: float) -> float:
    """Return the mean rate of the ``share`` of designs under which most people are identified."""
    count = ceil(share * len(by_design))
    return float(by_design.sort_values(ascending=False).iloc[:count].mean())
