"""What is read from the results table, each selection once, and how its numbers are written."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from faceveil.evaluation.results import read_results
from faceveil.params.evaluate import Evaluate
from faceveil.params.experiments import Experiment, Method, said_of_training
from faceveil.params.read import read_names, read_section
from faceveil.params.recognizers import read_target
from faceveil.protection.designs.folders import OWN
from faceveil.store.photos import FLAT

BARE = "none"
"""The protection of those who wear nothing."""

MINUS, DASH = "\N{MINUS SIGN}", "\N{EN DASH}"
"""Sign of a negative number, and what stands where there is no number."""

LABELS = {
    BARE: "bare face",
    "plain": "plain mask, as photographed",
    "surgical": "drawn surgical mask",
    "noise": "noise",
    "other_face": "another person's face",
    "gaiter": "gaiter, to the lower lids",
    "blur": "blurred photo",
    "mean_colour": "mean colour of a design",
    "shuffled": "pixels of a design, shuffled",
    "untrained": "design before any training",
    "own": "designs of wearers' own",
}
"""What is worn, in words; other protections have their own name."""

PRINTED = 3
"""Decimals of a share that are printed: those of a percentage with one."""

PROTOCOLS = {"other_photo": "another photo", "same_photo": "the enrolled photo itself"}

CONDITIONS = {FLAT: "flat", "drawn": "drawn", "jpeg": "JPEG"}
"""Conditions of photos in words; others have their own name."""


@dataclass(frozen=True)
class Number:
    """A value of the table; ``low`` and ``high`` are NaN where it has no interval."""

    value: float
    low: float
    high: float
    people: int
    trials: int
    over: str

    @property
    def shown(self) -> int:
        """1 where the interval lies above 0, as it is printed, -1 where it lies below, else 0."""
        return int(round(self.low, PRINTED) > 0) - int(round(self.high, PRINTED) < 0)


@dataclass(frozen=True)
class Results:
    """The table, and what the settings say about it."""

    frame: pd.DataFrame
    experiments: tuple[str, ...]  # in the order of the settings
    plain: tuple[str, ...]  # of which the best plain control was chosen, on dev people
    fmr: float  # of lifts and harm
    confidence: float  # level of the intervals
    methods: Mapping[str, Method]  # of each experiment
    trained_against: Mapping[str, tuple[str, ...]]  # recognizers that its designs met in training
    from_features: frozenset[str] = frozenset()  # experiments whose designs know their wearer's

    @cached_property
    def protocol(self) -> str:
        """The harder protocol there is: another photo, where anybody has one."""
        other = (self.frame["protocol"] == "other_photo").any()
        return "other_photo" if other else "same_photo"

    @property
    def missed(self) -> str:
        """Name of the FNMR that lifts are in."""
        return f"fnmr@{self.fmr:g}"

    def rows(self, **words: str) -> pd.DataFrame:
        """Return rows of held-out people, flat, of all trainings, under the harder protocol.

        Words are values of columns; they replace those, and ``*`` asks for every value.
        """
        usual = {"group": "held_out", "protocol": self.protocol, "condition": FLAT} | words
        frame = self.frame
        if "variant_policy" not in usual:
            frame = frame[frame["variant_policy"].isin(["one", "dealt"])]
        for column, word in usual.items():
            if word != "*":
                frame = frame[frame[column] == word]
        return frame

    @cached_property
    def _numbers(self) -> dict[tuple[str, ...], Number]:
        """Every number of all trainings together, by what tells it from others."""
        rows = self.frame[self.frame["variant_policy"].isin(["one", "dealt"])]
        keys = rows[["metric", "protection", "recognizer", "protocol", "group", "condition"]]
        records = rows[[field.name for field in fields(Number)]]
        pairs = zip(keys.itertuples(index=False), records.itertuples(index=False), strict=True)
        return {tuple(key): Number(*record) for key, record in pairs}

    def number(
        self,
        metric: str,
        protection: str,
        recognizer: str,
        protocol: str = "",
        group: str = "",
        condition: str = FLAT,
    ) -> Number | None:
        """Return the one number that is asked for, or None where there is none.

        It is that of held-out people, flat, under the harder protocol where nothing else is said.
        """
        where = (protocol or self.protocol, group or "held_out", condition)
        return self._numbers.get((metric, protection, recognizer, *where))

    def threshold(self, fmr: float, recognizer: str) -> Number | None:
        """Return the threshold of a false match rate, whose value is NaN if it is not reachable."""
        return self._numbers.get((f"threshold@{fmr:g}", BARE, recognizer, "", "dev", FLAT))

    @cached_property
    def roles(self) -> dict[str, str]:
        """The role of each recognizer, in the order of the table."""
        pairs = self.frame[["recognizer", "recognizer_role"]].drop_duplicates()
        return {name: role for name, role in pairs.itertuples(index=False) if "*" not in name}

    @cached_property
    def _asked(self) -> frozenset[str]:
        """Recognizers that have a number besides their check."""
        return frozenset(self.frame.loc[self.frame["metric"] != "check", "recognizer"])

    def recognizers(self, *roles: str) -> list[str]:
        """Return the recognizers of some roles, in the order of the table."""
        return [name for name, role in self.roles.items() if role in roles]

    @property
    def target(self) -> str:
        """The recognizer that all designs are trained against, as it was made."""
        return self.recognizers("target")[0]

    def passed(self, recognizer: str) -> bool:
        """Return whether it passed its check: one that failed has no other row."""
        return recognizer in self._asked

    def after_training(self, experiment: str) -> str:
        """Return the target as an experiment left it; itself where it learned nothing."""
        name = f"{self.target}:{experiment}"
        return name if name in self.roles else self.target

    def after_photos(self, experiment: str, photos: int) -> str:
        """Return the target after it learned from so many photos of an experiment's designs."""
        return f"{self.target}:{experiment}:{photos}" if photos else self.after_training(experiment)

    @property
    def photos(self) -> list[int]:
        """From how many photos the target learned, from 0."""
        names = self.recognizers("adapted")
        counts = {int(name.rpartition(":")[2]) for name in names if name.count(":") == 2}
        return [0, *sorted(counts)]

    def controls(self) -> list[str]:
        """Return what is worn besides designs and what is made of them, plain ones first."""
        made = re.compile("|".join(f"{re.escape(name)}(_.*)?" for name in self.experiments))
        found = self.frame.loc[self.frame["probe_side"] == "protected", "protection"].unique()
        other = [name for name in found if not made.fullmatch(name) and name not in self.plain]
        return [*(name for name in self.plain if name in found), *other]

    @cached_property
    def designs(self) -> list[str]:
        """The experiments, each followed by its designs of wearers' own where there are such."""
        found = set(self.frame["protection"])
        pairs = ((name, f"{name}_{OWN}") for name in self.experiments)
        return [name for pair in pairs for name in pair if name == pair[0] or name in found]

    @property
    def made_of(self) -> list[str]:
        """The endings of the controls that are made of designs, as ``shuffled``."""
        found = self.frame["protection"].unique()
        pairs = ((name, self.made_by(name)) for name in found)
        ends = [name[len(own) + 1 :] for name, own in pairs if own and name != own]
        return [end for end in dict.fromkeys(ends) if end != OWN]

    def made_by(self, protection: str) -> str:
        """Return the experiment that made a design, or what it is made of; empty for others."""
        own = [e for e in self.experiments if protection == e or protection.startswith(f"{e}_")]
        return max(own, key=len, default="")

    def conditions(self) -> list[str]:
        """Return the conditions of photos, flat and drawn first."""
        known = list(CONDITIONS)
        return sorted(
            self.frame["condition"].unique(),
            key=lambda name: (known.index(name) if name in known else len(known), name),
        )

    def best_plain(
        self, metric: str, experiment: str, recognizer: str, condition: str = FLAT
    ) -> Number | None:
        """Return the rate in the plain control that a lift is over, which ``over`` names."""
        lift = self.number(f"lift_{metric}", experiment, recognizer, condition=condition)
        found = self.number(metric, lift.over, recognizer, condition=condition) if lift else None
        return replace(found, over=lift.over) if found and lift else None


def open_results(metrics: Path, params: Path) -> Results:
    """Read the table and the settings that say what is compared with what."""
    settings, target = read_section(params, "evaluate", Evaluate), read_target(params)
    chosen = {
        name: read_section(params, f"experiments.{name}", Experiment)
        for name in read_names(params, "experiments")
    }
    said = {name: said_of_training(params, name) for name in chosen}
    against = {
        name: one.trained_against(target, said[name].get("ensemble", ()))
        for name, one in chosen.items()
    }
    return Results(
        read_results(metrics),
        experiments=tuple(chosen),
        plain=tuple(settings.plain),
        fmr=settings.false_match_rate,
        confidence=settings.confidence,
        methods={name: one.method for name, one in chosen.items()},
        trained_against=against,
        from_features=frozenset(n for n in chosen if said[n].get("conditioned_on") == "wearer"),
    )


def number_of(row: "pd.Series[Any]") -> Number:
    """Return a row's number."""
    value, low, high = (float(row[name]) for name in ("value", "low", "high"))
    return Number(value, low, high, int(row["people"]), int(row["trials"]), str(row["over"]))


def label(protection: str) -> str:
    """Return what is worn in words."""
    if protection.endswith(f"_{OWN}"):
        return f"{protection.removesuffix(f'_{OWN}')}, {LABELS[OWN]}"
    return LABELS.get(protection, protection.replace("_", " "))


def percent(share: float, digits: int = 1) -> str:
    """Return a share in percent, without the sign."""
    return DASH if math.isnan(share) else f"{100 * share:.{digits}f}"


def points(share: float) -> str:
    """Return a difference of shares in percentage points, with its sign."""
    return f"{round(100 * share, 1) + 0.0:+.1f}".replace("-", MINUS)


def rate(number: Number | None) -> str:
    """Return a share in percent with its interval in brackets, or a dash."""
    if number is None:
        return DASH
    ends = f" [{percent(number.low)}, {percent(number.high)}]"
    return percent(number.value) + ("" if math.isnan(number.low) else ends)


def share(number: Number | None) -> str:
    """Return a share in percent without its interval, or a dash."""
    return DASH if number is None else percent(number.value)


def lift(number: Number | None, over: bool = False) -> str:
    """Return a lift in points with its interval, and over what if that is asked."""
    if number is None:
        return DASH
    text = f"{points(number.value)} [{points(number.low)}, {points(number.high)}]"
    return f"{text} {number.over.replace('_', ' ')}" if over else text


def counted(count: int, word: str) -> str:
    """Return a number with its word, ``1 person``, ``2 people``."""
    plural = "people" if word == "person" else f"{word}s"
    return f"{count:,} {word if count == 1 else plural}"
