"""The tables that the page and docs/results.md show: texts in rows, made of the results table."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pandas as pd

from faceveil.evaluation.results import WORST
from faceveil.protection.designs.folders import OWN
from faceveil.report.selection import (
    BARE,
    CONDITIONS,
    DASH,
    PROTOCOLS,
    Number,
    Results,
    label,
    lift,
    number_of,
    percent,
    rate,
    share,
)

TableRow = tuple[str, ...]
Write = Callable[[Number | None], str]

NOTE = (
    'Published: A. Maynard, "Design of Facemasks to Protect from Facial Recognition using GANs" '
    "(2021); 200 people of whom 80 % train, FFHQ and MaskedFace-Net at 128 px. Labels were file "
    "numbers and not gallery rows, so that the row of held-out people reads 0. Some rows were "
    "measured against the gallery of one batch. Measured again there for 1,000 people with "
    "labels fixed: designs 18.5 on training and 19.0 on held-out people, plain mask 69.8, "
    "no mask 100."
)

CHOSEN = (
    "The worst tenth of designs is chosen after the fact, on the people it is told of, and so "
    "looks worse than it is."
)

PUBLISHED = {
    "designs, training people": {"exp0": 6.2, "exp1": 15.0, "exp2": 23.8, "exp3": 0.6},
    "designs, held-out people": {"exp0": 0.0, "exp1": 0.0, "exp2": 0.0, "exp3": 0.0},
    "plain mask": {"exp0": 85.0, "exp1": 65.1, "exp2": 73.6, "exp3": 85.4},
    "no mask": {"exp0": 100.0, "exp1": 99.0, "exp2": 100.0, "exp3": 100.0},
}
"""Rank-1 accuracy in percent by row and experiment, the enrolled photo itself probing."""


@dataclass(frozen=True)
class Table:
    """Numbers with a title."""

    title: str  # what the numbers are, with units
    note: str  # how to read them; may be empty
    columns: TableRow  # heads; the first column is the rows' own
    rows: Sequence[TableRow]  # from top to bottom, as many texts as there are columns

    def frame(self) -> pd.DataFrame:
        """Return the table as a frame of texts."""
        return pd.DataFrame(self.rows, columns=list(self.columns))

    def markdown(self) -> str:
        """Return the table in Markdown, its columns aligned, the note above it."""
        lines = [self.columns, *self.rows]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        texts = [
            "| " + " | ".join(c.ljust(w) for c, w in zip(line, widths, strict=True)) + " |"
            for line in lines
        ]
        rule = "|" + "|".join("-" * (width + 2) for width in widths) + "|"
        return "\n".join([*([self.note, ""] if self.note else []), texts[0], rule, *texts[1:]])


def accuracy_table(results: Results) -> Table:
    """Return eight rows by experiment, before the target as that experiment left it."""
    rates = [("none", share), ("plain", share), ("black", share), ("other_face", share),
             ("{}_untrained", share), ("{}", rate)]  # fmt: skip
    rows = [_worn(results, protection, write) for protection, write in rates]
    lifts = (results.number("lift_rank_1", e, results.after_training(e))
             for e in results.experiments)  # fmt: skip
    rows.append(("lift over the best plain control", *(lift(one, over=True) for one in lifts)))
    spread = [trainings(results, e, results.after_training(e)) for e in results.experiments]
    weakest = (percent(max(values)) if values else DASH for values in spread)
    rows.append(("weakest training", *weakest))
    note = (
        f"Rank-1 identification accuracy in %, lower protects better; held-out people, probing "
        f"with {PROTOCOLS[results.protocol]}. The recognizer is the target as the experiment left "
        f"it. Lift: points below the best of {len(results.plain)} plain controls, chosen on dev "
        f"people. Intervals of designs: {100 * results.confidence:g} %, over people and trainings."
    )
    return Table("Accuracy by experiment", note, ("what is worn", *results.experiments), rows)


def _worn(
    results: Results, protection: str, write: Write, metric: str = "rank_1", **words: str
) -> TableRow:
    """Return a rate by experiment, before the target as each left it.

    In ``protection`` ``{}`` stands for the experiment's name; ``words`` are values of more columns.
    """
    name = label(protection.removeprefix("{}_")) if protection != "{}" else "trained designs"
    cells = (
        write(results.number(metric, protection.format(e), results.after_training(e), **words))
        for e in results.experiments
    )
    return (name, *cells)


def trainings(results: Results, experiment: str, recognizer: str) -> list[float]:
    """Return the rank-1 accuracy under the designs of each training, in their order."""
    words = {"protection": experiment, "recognizer": recognizer, "metric": "rank_1"}
    rows = results.rows(variant_policy="*", **words)
    rows = rows[rows["variant_policy"].str.startswith("training ")]
    order = rows["variant_policy"].str.removeprefix("training ").astype(int)
    return [float(value) for value in rows["value"].iloc[order.argsort()]]


def all_worn(results: Results, metric: str, title: str, **words: str) -> Table:
    """Return a metric of all that is worn, by experiment, before the target as that left it."""
    made = (f"{{}}_{ending}" for ending in results.made_of)
    names = ("{}", f"{{}}_{OWN}", BARE, *results.controls(), *made)
    rows = [_worn(results, name, rate, metric, **words) for name in names]
    rows = [row for row in rows if set(row[1:]) != {DASH}]
    return Table(title, "", ("what held-out people wear", *results.experiments), rows)


def same_photo(results: Results) -> Table:
    """Return rank-1 accuracy where the enrolled photo itself probes, beside the published one."""
    title = "Rank-1 accuracy in %, the enrolled photo itself probing"
    table = all_worn(results, "rank_1", title, protocol="same_photo")
    if not table.rows:
        return table
    own = _worn(results, "{}", rate, protocol="same_photo", group="training")
    rows: list[TableRow] = [(f"{own[0]}, training people", *own[1:])]
    for name, percents in PUBLISHED.items():
        cells = (f"{percents[e]:.1f}" if e in percents else DASH for e in results.experiments)
        rows.append((f"published: {name}", *cells))
    return Table(title, NOTE, table.columns, [*table.rows, *rows])


def recognizer_tables(results: Results) -> list[Table]:
    """Return the check of every recognizer, and rates and lifts before each."""
    names = results.recognizers("target", "surrogate", "judge")
    rows: list[TableRow] = []
    for _, check in results.frame[results.frame["metric"] == "check"].iterrows():
        verdict = "passed" if results.passed(check["recognizer"]) else "failed, not asked"
        told = (rate(number_of(check)), percent(float(check["over"])), str(check["trials"]))
        rows.append((check["recognizer"], check["recognizer_role"], *told, verdict))
    columns = ("recognizer", "role", "accuracy, %", "expected, %", "pairs", "check")
    passed = [name for name in names if results.passed(name)]
    learned = [results.after_training(e) for e in results.experiments]
    asked = [*passed, *(name for name in dict.fromkeys(learned) if name not in passed)]
    heads = ("recognizer", "bare face", "best plain", *map(label, results.designs))
    lifts = f"Lift in FNMR at FMR {100 * results.fmr:g} %, points"
    return [
        Table("Verification of bare faces, which every recognizer takes first", "", columns, rows),
        Table("Rank-1 accuracy in %", "", heads, [_rates_before(results, name) for name in asked]),
        *(
            Table(title, "", ("recognizer", *map(label, results.designs)),
                  [(name, *(lift(results.number(f"lift_{metric}", e, name), over=True)
                            for e in results.designs)) for name in asked])
            for metric, title in (("rank_1", "Lift in rank-1, points"), (results.missed, lifts))
        ),
    ]  # fmt: skip


def _rates_before(results: Results, name: str) -> TableRow:
    designs = [results.number("rank_1", e, name) for e in results.designs]
    plain = [results.best_plain("rank_1", e, name) for e in results.experiments]
    best = next((one for one in plain if one), None)
    text = f"{percent(best.value)} {label(best.over)}" if best else DASH
    bare = share(results.number("rank_1", BARE, name))
    return (name, bare, text, *(rate(number) for number in designs))


def condition_table(results: Results) -> Table:
    """Return rates and lifts of designs that can be printed, flat and under each condition."""
    conditions = results.conditions()
    names = [
        e for e in results.experiments if not results.rows(protection=e, condition="drawn").empty
    ]
    rows = [
        (name, CONDITIONS.get(condition, condition), *_under(results, names, name, condition))
        for name in results.recognizers("target", "surrogate", "judge")
        if results.passed(name)
        for condition in conditions
    ]
    heads = ("recognizer", "photos", "chosen plain, %", "least plain, %")
    note = (
        "Rank-1 accuracy in %, and lift in points over the plain control that dev people chose "
        "flat, under the same condition; the least of all plain ones there is told beside. Drawn: "
        "masks printed, worn and photographed under physical conditions that are "
        f"drawn per photo{_times(results, names)}; a plain mask is photographed so. JPEG and "
        "blurred: the flat photos stored at quality 30, or blurred by 1.5 % of their side."
    )
    each = (head for name in names for head in (f"{name}, %", f"{name}, lift"))
    title = "As worn: flat, under physical draws, as JPEG, blurred"
    return Table(title, note, (*heads, *each), rows if names else [])


def _under(results: Results, names: Sequence[str], recognizer: str, condition: str) -> TableRow:
    """Return the chosen plain control, the least one, then rate and lift of each experiment."""
    words = {"recognizer": recognizer, "condition": condition}
    best = results.best_plain("rank_1", names[0], **words) if names else None
    cells = (
        write(results.number(metric, name, **words))
        for name in names
        for metric, write in (("rank_1", rate), ("lift_rank_1", lift))
    )
    plain = ((results.number("rank_1", name, **words), name) for name in results.plain)
    found = [(number.value, name) for number, name in plain if number]
    least = f"{percent(min(found)[0])} {label(min(found)[1])}" if found else DASH
    return (f"{rate(best)} {label(best.over)}" if best else DASH, least, *cells)


def _times(results: Results, names: Sequence[str]) -> str:
    """Return how many draws there are of how many people, if the table says so."""
    drawn = [results.number("rank_1", name, results.target, condition="drawn") for name in names]
    return "".join(f" ({one.trials:,} photos of {one.people:,} people)" for one in drawn[:1] if one)


def adaptation_tables(results: Results) -> list[Table]:
    """Return what is left of lifts after the target learned from photos, and the claim."""
    heads = ("photos learned from", *results.experiments)
    lifts = f"Lift in FNMR at FMR {100 * results.fmr:g} %, points"
    told = [
        ("lift_rank_1", "{}", "Lift in rank-1 that is left, points", lift),
        (f"lift_{results.missed}", "{}", lifts, lift),
        ("rank_1", "{}", "Rank-1 accuracy of designs, %", rate),
        ("rank_1", BARE, "Rank-1 accuracy of bare faces, %", rate),
    ]
    tables = []
    for metric, worn, title, write in told:
        rows = [
            (f"{k:,}", *(write(results.number(metric, worn.format(e), results.after_photos(e, k)))
                         for e in results.experiments))
            for k in results.photos
        ]  # fmt: skip
        tables.append(Table(title, "", heads, rows))
    return tables


def claim(results: Results) -> str:
    """Return what this run says of the paper's claim, in words."""
    found = results.frame[results.frame["metric"].str.startswith("claim")]
    if found.empty:
        return "The claim was not tested: it takes experiments of both kinds."
    own, p = (found[found["metric"].str.startswith(name)].iloc[0] for name in ("claim@", "claim_p"))
    one = number_of(own)
    sure = one.shown and p["value"] < 1 - results.confidence
    verdict = ("holds" if one.shown > 0 else "does not hold") if sure else "is not shown either way"
    return (
        f"The claim that designs trained against a learning recognizer are more robust {verdict}. "
        f"Lift left in FNMR, {own['protection']} minus {own['over']}: {lift(one)} points; "
        f"sign-flip test p = {p['value']:.2g}; {one.people} people."
    )


def verification_tables(results: Results) -> list[Table]:
    """Return errors at frozen thresholds, and the thresholds."""
    rates = sorted({float(m.partition("@")[2]) for m in results.frame["metric"]
                    if m.startswith("threshold@")}, reverse=True)  # fmt: skip
    tables = [
        all_worn(results, f"fnmr@{fmr:g}", f"FNMR in % at FMR {100 * fmr:g} %, high protects")
        for fmr in rates
    ]
    tables.append(all_worn(results, "eer", "Equal error rate in %"))
    rows = []
    for name in results.recognizers("target", "surrogate", "judge", "adapted"):
        found = [results.threshold(fmr, name) for fmr in rates]
        if any(found):
            rows.append((name, *map(_threshold, found)))
    heads = ("recognizer", *(f"FMR {100 * fmr:g} %" for fmr in rates))
    note = "Chosen on dev people without any mask, then frozen. Of several trainings, the first's."
    return [*tables, Table("Thresholds", note, heads, rows)]


def _threshold(number: Number | None) -> str:
    if number is None or math.isnan(number.value):
        return "not reachable"
    return f"{number.value:.4f}"


def curve_table(results: Results, prefix: str, title: str, head: str) -> Table:
    """Return a stored curve before the target, ``cmc`` or ``det``, by experiment."""
    names = (BARE, *results.plain[:1], *results.experiments)
    frame = results.rows(recognizer=results.target)
    frame = frame[frame["metric"].str.startswith(f"{prefix}@") & frame["protection"].isin(names)]
    places = sorted({float(metric.partition("@")[2]) for metric in frame["metric"]})
    stored = frame.set_index(["metric", "protection"])["value"].to_dict()
    rows = []
    for place in places:
        values = (stored.get((f"{prefix}@{place:g}", name), math.nan) for name in names)
        rows.append((f"{place:g}", *map(percent, values)))
    return Table(title, "", (head, *map(label, names)), rows)


def group_tables(results: Results) -> list[Table]:
    """Return lift and FNMR by group of people, before the target."""
    found = results.frame["group"].unique()
    groups = sorted(name for name in found if "=" in name)
    tables = []
    for metric, title, write in (
        (f"lift_{results.missed}", "Lift in FNMR by group, points", lift),
        (results.missed, "FNMR by group, %", rate),
    ):
        rows = []
        for group in groups:
            numbers = [results.number(metric, e, results.target, group=group)
                       for e in results.experiments]  # fmt: skip
            people = next((str(number.people) for number in numbers if number), DASH)
            rows.append((group_label(group), people, *map(write, numbers)))
        heads = ("group", "people", *results.experiments)
        note = "So few people cannot show that groups differ, even where intervals stand apart."
        tables.append(Table(title, note, heads, rows))
    return tables if groups else []


def group_label(group: str) -> str:
    """Return a group in words: ``skin tone: dark``."""
    return group.replace("=", ": ").replace("_", " ")


def harm_table(results: Results) -> Table:
    """Return how often wearers are taken for somebody else, before every recognizer."""
    at, rows = f"{results.fmr:g}", []
    names = [n for n in results.recognizers("target", "surrogate", "judge") if results.passed(n)]
    for recognizer in names:
        for name in (BARE, *results.plain[:1], *results.designs):
            false = results.number(f"fpir@{at}", name, recognizer)
            victims = results.number(f"victims@{at}", name, recognizer)
            top = share(results.number(f"top_victim_share@{at}", name, recognizer))
            count = f"{victims.value:.0f}" if victims else DASH
            rows.append((recognizer, label(name), rate(false), count, top))
    heads = ("recognizer", "what is worn", "FPIR, %", "people taken for", "most frequent one, %")
    note = (
        "FPIR: share of searches in which somebody else is above the threshold of "
        f"FMR {100 * results.fmr:g} %. Last column: the share of these that falls on one person."
    )
    return Table("False matches and who they fall on", note, heads, rows)


def diversity_table(results: Results) -> Table:
    """Return how different the designs of an experiment are."""
    frame = results.frame[results.frame["metric"].str.startswith("diversity_")]
    rows = [
        (row["protection"], row["metric"].removeprefix("diversity_"), f"{row['value']:.2g}",
         str(row["trials"]))
        for _, row in frame.iterrows()
    ]  # fmt: skip
    note = "Mean distance of two designs; 0 says that all are the same picture."
    return Table("Diversity of designs", note, ("designs", "in", "distance", "of designs"), rows)


def spread_table(results: Results) -> Table:
    """Return the rank-1 accuracy under each training's designs, before the target.

    Where designs are many, also the lift of the worst tenth of them.
    """
    of = {e: trainings(results, e, results.target) for e in results.designs}
    words = {"metric": "lift_rank_1", "recognizer": results.target}
    tenth = results.rows(variant_policy=WORST, **words).set_index("protection")
    worst = {name: lift(number_of(row)) for name, row in tenth.iterrows()}
    most = max(map(len, of.values()), default=0)
    rows = [
        (label(name), *map(percent, values), *[DASH] * (most - len(values)),
         *([worst.get(name, DASH)] if worst else []))
        for name, values in of.items()
    ]  # fmt: skip
    heads = ("experiment", *(f"training {number}" for number in range(most)))
    note = "The same settings with another seed; none is picked."
    if worst:
        heads, note = (*heads, "lift of the worst tenth of designs, points"), f"{note} {CHOSEN}"
    return Table("Rank-1 accuracy in % by training", note, heads, rows if most else [])


def training_people(results: Results) -> Table:
    """Return rank-1 accuracy and lift of those whose photos designs were trained with."""
    rows = []
    for name in results.experiments:
        seen, new = ({"group": group} for group in ("training", "held_out"))
        at = results.after_training(name)
        rates = (rate(results.number("rank_1", name, at, **who)) for who in (seen, new))
        lifts = (lift(results.number("lift_rank_1", name, at, **who)) for who in (seen, new))
        rows.append((name, *rates, *lifts))
    heads = ("designs of", "training people, %", "held-out people, %",
             "lift, training people", "lift, held-out people")  # fmt: skip
    return Table("People that designs were trained with, and others", "", heads, rows)
