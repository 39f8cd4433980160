"""How it was measured and what went in: curation, projector, recognizer, provenance."""

from collections.abc import Mapping
from typing import Any

from faceveil.report.blocks import DASH, Block, Row, Table, nothing, panel, percent, rate
from faceveil.report.contents import Contents, Metrics
from faceveil.report.figures.funnel import funnel_chart


def curation_block(metrics: Metrics) -> Block:
    """Return how many files and people are left after curation, and why the others are not."""
    steps = {
        "People": _people(_steps(metrics.curation.get("people", {}), _PEOPLE)),
        "Photos": _photos(_steps(metrics.curation.get("files", {}), _FILES)),
        "Photos rejected, by reason": _photos(_reasons(metrics.curation)),
    }
    steps = {title: counts for title, counts in steps.items() if counts[0]}
    if not steps:
        return nothing("curation", "Curation", "`metrics/curation.json` counts nothing.")
    panels = tuple(
        panel(funnel_chart(counts, unit, number), f"curation-{number}", title)
        for number, (title, (counts, unit)) in enumerate(steps.items())
    )
    rows = tuple(
        Row((f"{title}: {name}", f"{count:,}", unit))
        for title, (counts, unit) in steps.items()
        for name, count in counts.items()
    )
    table = Table("Counts of the curation", ("step", "count", "of"), rows)
    caption = (
        "From what was found to what is measured. A photo may be rejected for several reasons; a "
        "photo whose partner fell is rejected with it."
    )
    return Block("curation", "Curation", caption, panels=panels, tables=(table,), key=False)


_PEOPLE = {
    "found": "found",
    "paired": "with a masked and an unmasked photo",
    "kept": "kept",
    "train": "train",
    "test": "held out",
    "spare": "spare, for thresholds and as distractors",
}
_FILES = {"found": "found", "kept": "kept", "rejected": "rejected"}


def _steps(counts: Mapping[str, Any], words: Mapping[str, str]) -> dict[str, int]:
    """Return the counts that words know, in the order of the words."""
    return {text: int(counts[key]) for key, text in words.items() if key in counts}


def _reasons(curation: Mapping[str, Any]) -> dict[str, int]:
    reasons = curation.get("reasons", {})
    order = sorted(reasons, key=lambda name: (-reasons[name], name))
    return {name.replace("_", " "): int(reasons[name]) for name in order}


def _people(counts: dict[str, int]) -> tuple[dict[str, int], str]:
    return counts, "people"


def _photos(counts: dict[str, int]) -> tuple[dict[str, int], str]:
    return counts, "photos"


def parts_block(metrics: Metrics) -> Block:
    """Return how well the projector finds masks, and the recognizer people without designs."""
    tables = (_projector(metrics.projector), _recognizer(metrics.recognizer))
    caption = (
        "What everything above rests on: a projector that finds the mask in a photo, and a "
        "recognizer that works on people it did not learn from. Intervals are over photos and "
        "people."
    )
    title = "Projector and recognizer"
    return Block("parts", title, caption, tables=tables, key=False, folded=False)


def _projector(document: Mapping[str, Any]) -> Table:
    count = str(document.get("photos", {}).get("held_out", DASH))
    rows = tuple(
        Row((name, count, *(_with_interval(part, key) for key in ("iou", "leak"))))
        for name, part in document.items()
        if isinstance(part, dict) and "leak" in part
    )
    columns = ("projector", "held-out photos", "IoU with the true mask", "leak outside it")
    return Table("Projector, in %", columns, rows)


def _with_interval(part: Mapping[str, Any], key: str) -> str:
    return rate(part.get(key), *part.get(f"{key}_interval", (None, None)))


def _recognizer(document: Mapping[str, Any]) -> Table:
    """Return rank-1 and AUC under each protocol that the recognizer was tried with."""
    rows = tuple(
        Row(
            (
                name.replace("_", " "),
                str(part.get("probes", DASH)),
                rate(part["rank_1"], *part.get("interval", (None, None))),
                percent(part.get("auc"), 2),
            )
        )
        for name, part in document.items()
        if isinstance(part, dict) and isinstance(part.get("rank_1"), float)
    )
    gallery = document.get("gallery_people", DASH)
    caption = f"Recognizer without designs, gallery of {gallery} people, in %"
    return Table(caption, ("probe", "probes", "rank-1", "AUC"), rows)


def provenance_table(contents: Contents) -> Table:
    """Return where every number comes from: revision, data, runs and versions."""
    known = contents.provenance
    rows = [
        Row(("revision", known.get("revision") or "not known")),
        Row(("digest of the data", known.get("data_digest") or "not known")),
    ]
    runs, versions = known.get("mlflow") or {}, known.get("versions") or {}
    rows += [Row((f"MLflow run, {name}", str(run))) for name, run in runs.items()]
    rows += [Row((name, str(version))) for name, version in versions.items()]
    if not runs:
        rows.append(Row(("MLflow runs", "none recorded")))
    return Table("Where the numbers come from", ("what", "value"), tuple(rows))
