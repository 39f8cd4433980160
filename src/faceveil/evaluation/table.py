"""From trials to rows of the results table: every number with its people, trials and interval."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from faceveil.evaluation.lift import best_control, lift_of, worst_tenth
from faceveil.evaluation.rates import (
    Rate,
    cmc,
    det_curve,
    equal_error_rate,
    rate_of,
    top_victim_share,
)
from faceveil.evaluation.results import WORST
from faceveil.evaluation.search import BINS
from faceveil.evaluation.trials import KEY, Key, Log
from faceveil.evaluation.versions import Version
from faceveil.params.evaluate import Evaluate
from faceveil.store.photos import FLAT
from faceveil.store.protocol import MASKED_PHOTOS

BARE = "none"
"""The protection of those who wear nothing."""

GROUP_OF = {"test": "held_out", "train": "training"}
"""Groups of people in the table, by role of the protocol."""

WORDS = ("protection", "protocol", "role", "condition", "kind", "subject_id", "nearest_id")
MEASURED = rf"^({'|'.join(WORDS)}|training|variant|rank|mated|hit)$|@"
"""Columns of trials that a number is read from."""

MAIN = r"rank_1|similarity|(fnmr|fpir)@.*"
"""Metrics of photos under a condition, besides lifts; the others are of flat ones alone."""

MASKED = tuple(MASKED_PHOTOS.values())
"""Kinds of photos of people who wear a mask."""

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
    """Yield all rows about a version: each protection, protocol, condition and group with trials.

    Controls are chosen flat; a lift under a condition is over the control under the same one, and
    there is none where the control is not worn so.
    """
    trials = _parts(log.trials)
    # Best plain control by what recognized means: at rank 1, or at the threshold.
    flat = log.trials["condition"] == FLAT
    choosing = log.trials[flat & (log.trials["role"] == judge.threshold_role)]
    columns = [name for name in ("hit", f"matched@{judge.at}") if name in log.trials]
    controls = {name: best_control(choosing, judge.settings.plain, name) for name in columns}
    for key, own in trials.items():
        protection, protocol, role, condition = key
        if role not in GROUP_OF:
            continue
        words = _words(judge, key, own)
        for number in _numbers(own, judge):
            if condition == FLAT or _is_main(number):
                yield words | number
        if role == "test" and judge.version.as_made and condition == FLAT:
            counts = log.nonmated.get(key, np.zeros(BINS, np.int64))
            for number in _curves(own, counts):
                yield words | number
        if protection in (BARE, *judge.settings.plain):
            continue
        for recognized, best in controls.items():
            # A protection of bare faces, as a blur, has nothing plain to be compared with.
            control = best if own["kind"].isin(MASKED).all() else BARE
            place = (control, protocol, role, condition)
            if condition == FLAT or place in trials:
                for number in _lifts(own, trials[place], recognized, judge):
                    yield words | number


def _words(judge: Judge, key: Key, own: pd.DataFrame) -> Row:
    protection, protocol, role, condition = key
    several = len(own["training"].unique()) > 1
    return {
        "protection": protection,
        "variant_policy": "dealt" if several else "one",
        "recognizer": judge.version.name,
        "recognizer_role": judge.version.role,
        "protocol": protocol,
        "gallery_side": "bare",
        "probe_side": "bare" if protection == BARE else "protected",
        "condition": condition,
        "group": GROUP_OF[role],
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


def _is_main(number: Row) -> bool:
    """Say whether a number is one of those under a condition: a main metric, of all trainings."""
    return bool(re.fullmatch(MAIN, number["metric"])) and "variant_policy" not in number


def _curves(own: pd.DataFrame, nonmated: Any) -> Iterator[Row]:
    """Yield what is read off whole distributions: EER, CMC, DET."""
    mated = own["mated"].to_numpy(dtype=np.float64)
    if nonmated.any():
        yield _single("eer", equal_error_rate(mated, nonmated), own)
        for fmr, fnmr in det_curve(mated, nonmated):
            yield _single(f"det@{fmr:g}", fnmr, own)
    for k, share in enumerate(cmc(own["rank"]), start=1):
        yield _single(f"cmc@{k}", share, own)


def _parts(trials: pd.DataFrame) -> dict[Key, pd.DataFrame]:
    """Return the trials of each protection, protocol, role and condition, split once.

    Parts have no column that nothing is read from; words as objects are taken thrice as fast.
    """
    measured = trials.filter(regex=MEASURED)
    words = [name for name in WORDS if name in measured]
    parts = measured.astype(dict.fromkeys(words, object)).groupby(KEY)
    return {(str(key[0]), str(key[1]), str(key[2]), str(key[3])): part for key, part in parts}


def _lifts(own: pd.DataFrame, over: pd.DataFrame, recognized: str, judge: Judge) -> Iterator[Row]:
    """Yield the lift over a control, and at the threshold that of each group of people."""
    both = pd.concat([own, over])
    names = (str(own["protection"].iloc[0]), str(over["protection"].iloc[0]))
    extra = {"over": names[1]}
    if recognized == "hit":
        yield _number("lift_rank_1", lift_of(both, names, recognized, judge.settings)) | extra
        yield from (row | extra for row in _worst(own, over, names, judge))
        return
    metric, chosen = f"fnmr@{judge.at}", {"threshold_role": judge.threshold_role}
    found = lift_of(both, names, recognized, judge.settings)
    yield _number(f"lift_{metric}", found) | extra | chosen
    if own["role"].iloc[0] != "test" or own["condition"].iloc[0] != FLAT:
        return
    for group, people in _groups(judge, own):
        of_group = both[both["subject_id"].isin(people)]
        about = {"group": group} | chosen
        found = lift_of(of_group, names, recognized, judge.settings)
        yield _number(f"lift_{metric}", found) | extra | about
        worn = of_group[of_group["protection"] == names[0]]
        missed = worn.assign(missed=~worn[recognized].astype(bool))
        yield _number(metric, rate_of(missed, "missed", judge.settings.confidence)) | about


def _worst(
    own: pd.DataFrame, over: pd.DataFrame, names: tuple[str, str], judge: Judge
) -> Iterator[Row]:
    """Yield the lift in rank-1 of the worst tenth of an experiment's designs, all of them flat."""
    first = own.iloc[0]
    if first["training"] < 0 or (first["role"], first["condition"]) != ("test", FLAT):
        return
    worst = own[own["variant"].isin(worst_tenth(own, "hit"))]
    if len(worst):
        both = pd.concat([worst, over[over["subject_id"].isin(worst["subject_id"])]])
        found = lift_of(both, names, "hit", judge.settings)
        yield _number("lift_rank_1", found) | {"variant_policy": WORST}


def _groups(judge: Judge, own: pd.DataFrame) -> Iterator[tuple[str, set[str]]]:
    """Yield the groups of held-out people that are known, of recognizers as they were made."""
    if judge.groups.empty or not judge.version.as_made:
        return
    known = judge.groups[judge.groups["subject_id"].isin(own["subject_id"])]
    for attribute in known.columns.drop("subject_id"):
        for group, of in known.groupby(attribute):
            yield f"{attribute}={group}", set(of["subject_id"])
