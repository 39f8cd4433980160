"""What beats the designs, and whether two who wear them match each other: tables of the page."""

from faceveil.evaluation.results import NOT_FOUND
from faceveil.report.selection import (
    BARE,
    CONDITIONS,
    DASH,
    Results,
    label,
    lift,
    number_of,
    rate,
)
from faceveil.report.tables import Table, TableRow

GREY = "grey"
"""The protection of probes where the mask's region is painted grey."""


def opponent_table(results: Results) -> Table:
    """Return rank-1 accuracy under each experiment's designs, before each opponent."""
    names = [n for n in results.recognizers("target", "surrogate", "judge") if results.passed(n)]
    rows = [_opposed(results, experiment, name) for experiment in results.designs
            for name in names]  # fmt: skip
    # Before some opponent, not only as it always was.
    rows = [row for row in rows if row[2] != DASH]
    opposed = any(set(row[3:7]) != {DASH} for row in rows)
    learned = (f"learned from {k:,} photos" for k in results.photos if k)
    heads = ("designs of", "recognizer", "as it was made", "mean shift subtracted",
             "lift that is left, points", "in FNMR", "region grey", *learned)  # fmt: skip
    note = (
        "Rank-1 identification accuracy in %; high beats the designs. Mean shift: what other "
        "wearers' embeddings have in common is subtracted, and the lift is over the best plain "
        "control before the same opponent. Region grey: the mask's place is painted grey in probe "
        "and gallery, so that nothing of a design is seen. Only the target learns from photos: "
        "of textures from those of the very designs that are judged."
    )
    return Table("What beats the designs", note, heads, rows if opposed else [])


def _opposed(results: Results, experiment: str, name: str) -> TableRow:
    shifted = f"{name}:mean_shift"
    photos = [k for k in results.photos if k]
    learned = (
        rate(results.number("rank_1", experiment, results.after_photos(experiment, k)))
        if name == results.target
        else DASH
        for k in photos
    )
    return (
        label(experiment),
        name,
        rate(results.number("rank_1", experiment, name)),
        rate(results.number("rank_1", experiment, shifted)),
        lift(results.number("lift_rank_1", experiment, shifted), over=True),
        lift(results.number(f"lift_{results.missed}", experiment, shifted), over=True),
        rate(results.number("rank_1", GREY, f"{name}:grey_region")),
        *learned,
    )


def stranger_table(results: Results) -> Table:
    """Return how often two people match each other who wear the same, or different variants."""
    found = results.rows(variant_policy="*", metric=f"strangers@{results.fmr:g}")
    keys = found[["recognizer", "protection", "variant_policy"]].itertuples(index=False)
    told = {
        tuple(key): number_of(row) for key, (_, row) in zip(keys, found.iterrows(), strict=True)
    }
    names = [n for n in results.recognizers("target", "surrogate", "judge") if results.passed(n)]
    rows = []
    for name in names:
        for worn in (BARE, *results.plain, *results.designs):
            cells = [told.get((name, worn, policy)) for policy in ("same", "different")]
            if any(cells):
                rows.append((name, label(worn), *map(rate, cells)))
    heads = ("recognizer", "what is worn", "the same variant, %", "different variants, %")
    note = (
        "Share of pairs of two people, photo with photo, above the threshold of "
        f"FMR {100 * results.fmr:g} % of bare faces. Whoever wears a design that makes strangers "
        "match can be found by it. Intervals are over people."
    )
    return Table("Do two wearers match each other?", note, heads, rows)


def finding_table(results: Results) -> Table:
    """Return how often detectors find no face in photos of what is worn, flat and drawn."""
    detectors = results.recognizers("detector")
    heads = [(one, condition) for one in detectors for condition in ("", "drawn")]
    rows = []
    for worn in dict.fromkeys([*results.controls(), *results.designs]):
        found = [results.number(NOT_FOUND, worn, one, condition=where) for one, where in heads]
        if any(found):
            rows.append((label(worn), *map(rate, found)))
    note = (
        "Share of photos in % in which a detector finds no face; recognizers are given the place "
        "of the bare face, and none of their numbers counts a face that is not found as hidden. "
        "Drawn are the first three draws of each photo."
    )
    columns = (f"{one}, {CONDITIONS[condition]}" for one, condition in heads)
    return Table("Faces that are not found", note, ("what is worn", *columns), rows)
