"""From trials to rows of the results table: every number with its people, trials and interval."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from faceveil.evaluation.lift import best_control, lift_of
from faceveil.evaluation.rates import (
    Rate,
    cmc,
    det_curve,
    equal_error_rate,
    rate_of,
    top_victim_share,
)
from faceveil.evaluation.search import BINS
from faceveil.evaluation.trials import Log
from faceveil.evaluation.versions import ADAPTED, Version
from faceveil.params.evaluate import Evaluate

BARE = "none"
"""The protection of those who wear nothing."""

GROUP_OF = {"test": "held_out", "train": "training"}
"""Groups of people in the table, by role of the protocol."""

Row = dict[str, Any]


@dataclass(frozen=True)
class Judge:
    """How one version of a recognizer is measured.

    Attributes:
        version: which.
        settings: level of intervals, plain controls, headline false match rate.
        rates: false match rates of its thresholds.
        threshold_role: on whom thresholds and controls were chosen.
        groups: ``subject_id`` and a column per attribute; without rows nothing is known.
    """

    version: Version
    settings: Evaluate
    rates: Sequence[float]
    threshold_role: str
    groups: pd.DataFrame

    @property
    def at(self) -> str:
        """The headline false match rate, as metrics name it."""
        return f"{self.settings.false_match_rate:g}"


def table_rows(log: Log, judge: Judge) -> Iterator[Row]:
    """Yield all rows about a version: each protection, protocol and group that has trials."""
    judged = log.trials[log.trials["role"].isin(list(GROUP_OF))]
    for key, own in judged.groupby(["protection", "protocol", "role"]):
        protection, protocol, role = map(str, key)
        words = _words(judge, protection, protocol, GROUP_OF[role], own)
        for number in _numbers(own, judge):
            yield words | number
        if role == "test" and judge.version.role != ADAPTED:
            counts = log.nonmated.get((protection, protocol, role), np.zeros(BINS, np.int64))
            for number in _curves(own, counts):
                yield words | number
        if protection not in (BARE, *judge.settings.plain):
            yield from _lifts(log.trials, own, words, judge)


def _words(judge: Judge, protection: str, protocol: str, group: str, own: pd.DataFrame) -> Row:
    several = len(own["training"].unique()) > 1
    return {
        "protection": protection,
        "variant_policy": "dealt" if several else "one",
        "recognizer": judge.version.name,
        "recognizer_role": judge.version.role,
        "protocol": protocol,
        "gallery_side": "bare",
        "probe_side": "bare" if protection == BARE else "protected",
        "condition": "",
        "group": group,
        "over": "",
        "threshold_role": "",
    }


def _number(metric: str, rate: Rate) -> Row:
    values = {"value": rate.value, "low": rate.low, "high": rate.high}
    return {"metric": metric, **values, "people": rate.people, "trials": rate.trials}


def _single(metric: str, value: float | None, own: pd.DataFrame) -> Row:
    people = own["subject_id"].nunique()
    return _number(
        metric, Rate(np.nan if value is None else value, np.nan, np.nan, people, len(own))
    )


def _numbers(own: pd.DataFrame, judge: Judge) -> Iterator[Row]:
    """Yield rates over all trials, and rank-1 of each training: their spread."""
    level = judge.settings.confidence
    yield _number("rank_1", rate_of(own, "hit", level))
    yield _number("rank_5", rate_of(own.assign(five=own["rank"] <= 5), "five", level))
    yield _single("similarity", float(own["mated"].mean()), own)
    if len(own["training"].unique()) > 1:
        for training, of in own.groupby("training"):
            spread = {"variant_policy": f"training {training}"}
            yield _number("rank_1", rate_of(of, "hit", level)) | spread
    chosen = {"threshold_role": judge.threshold_role}
    for fmr in judge.rates:
        if (matched := f"matched@{fmr:g}") in own:
            missed = own.assign(missed=~own[matched].astype(bool))
            yield _number(f"fnmr@{fmr:g}", rate_of(missed, "missed", level)) | chosen
    if (stranger := f"stranger@{judge.at}") in own:
        victims, top = top_victim_share(own, stranger)
        yield _number(f"fpir@{judge.at}", rate_of(own, stranger, level)) | chosen
        yield _single(f"victims@{judge.at}", victims, own) | chosen
        if top is not None:
            yield _single(f"top_victim_share@{judge.at}", top, own) | chosen


def _curves(own: pd.DataFrame, nonmated: Any) -> Iterator[Row]:
    """Yield what is read off whole distributions: EER, CMC, DET."""
    mated = own["mated"].to_numpy(dtype=np.float64)
    if nonmated.any():
        yield _single("eer", equal_error_rate(mated, nonmated), own)
        for fmr, fnmr in det_curve(mated, nonmated):
            yield _single(f"det@{fmr:g}", fnmr, own)
    for k, share in enumerate(cmc(own["rank"]), start=1):
        yield _single(f"cmc@{k}", share, own)


def _lifts(trials: pd.DataFrame, own: pd.DataFrame, words: Row, judge: Judge) -> Iterator[Row]:
    """Yield the lift over the best plain control; for a bare face's protection, over none."""
    role = own["role"].iloc[0]
    same = trials[(trials["protocol"] == words["protocol"]) & (trials["role"] == role)]
    choosing = trials[trials["role"] == judge.threshold_role]
    bare = not own["kind"].str.contains("_masked|^masked", regex=True).all()
    for metric, recognized in (("rank_1", "hit"), (f"fnmr@{judge.at}", f"matched@{judge.at}")):
        if recognized not in trials:
            continue
        plain = judge.settings.plain
        control = BARE if bare else best_control(choosing, plain, recognized)
        names = (words["protection"], control)
        extra = {"over": control}
        if metric != "rank_1":
            extra["threshold_role"] = judge.threshold_role
        found = lift_of(same, names, recognized, judge.settings)
        yield words | _number(f"lift_{metric}", found) | extra
        if metric == "rank_1" or role != "test":
            continue
        for group, people in _groups(judge, own):
            of_group = same[same["subject_id"].isin(people)]
            found = lift_of(of_group, names, recognized, judge.settings)
            yield words | _number(f"lift_{metric}", found) | extra | {"group": group}
            missed = of_group[of_group["protection"] == names[0]]
            missed = missed.assign(missed=~missed[recognized].astype(bool))
            rate = rate_of(missed, "missed", judge.settings.confidence)
            about = {"group": group, "threshold_role": judge.threshold_role}
            yield words | _number(metric, rate) | about


def _groups(judge: Judge, own: pd.DataFrame) -> Iterator[tuple[str, set[str]]]:
    """Yield the groups of held-out people that are known, of versions that did not learn."""
    if judge.groups.empty or judge.version.role == ADAPTED:
        return
    known = judge.groups[judge.groups["subject_id"].isin(own["subject_id"])]
    for attribute in known.columns.drop("subject_id"):
        for group, of in known.groupby(attribute):
            yield f"{attribute}={group}", set(of["subject_id"])
