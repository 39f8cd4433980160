"""The accuracy table: every row of every experiment, the published numbers beside ours."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from faceveil.evaluation.documents import Document
from faceveil.evaluation.markdown import as_markdown
from faceveil.evaluation.published import PUBLISHED
from faceveil.evaluation.rows import HEADLINE
from faceveil.runtime.atomic import atomic_path

COLUMNS = (
    "row",
    "label",
    "protocol",
    "experiment",
    "accuracy",
    "low",
    "high",
    "people",
    "trials",
    "designs",
    "worst",
    "lift",
    "lift_low",
    "lift_high",
    "lift_over",
    "rank_5",
    "fmr",
    "fnmr",
    "fnmr_low",
    "fnmr_high",
    "fnmr_lift",
    "fnmr_lift_low",
    "fnmr_lift_high",
    "fnmr_lift_over",
    "eer",
    "mean_similarity",
    "mated",
    "nonmated",
    "fpir",
    "fpir_low",
    "fpir_high",
    "published",
    "note",
)
"""Columns of the table; rates, lifts and their ends are in percent, similarities are not.

``fmr`` is the false match rate of ``evaluate.false_match_rate``, which the columns that begin with
``fnmr`` and ``fpir`` are measured at; they are empty where it was not reachable.
"""

_PERCENT = (
    *("accuracy", "low", "high", "worst", "lift", "lift_low", "lift_high", "rank_5", "fmr", "eer"),
    *("fnmr", "fnmr_low", "fnmr_high", "fnmr_lift", "fnmr_lift_low", "fnmr_lift_high"),
    *("fpir", "fpir_low", "fpir_high"),
)


def accuracy_table(documents: Sequence[Document]) -> pd.DataFrame:
    """Return one line per row, protocol and experiment, with the columns of :data:`COLUMNS`.

    ``published`` is empty for rows, protocols and experiments that the paper does not have.
    """
    lines = []
    for document in documents:
        published = PUBLISHED.get(document["experiment"], {})
        fmr = document["settings"][0]["false_match_rate"]
        for one in document["measurements"]:
            same = one["protocol"] == "same_photo"
            beside = published.get(one["row"]) if same else None
            line = {**one, "accuracy": one["rank_1"], "published": beside}
            line |= _lift("lift", one["lift"]) | _matching(one, fmr)
            lines.append({**line, "experiment": document["experiment"]})
    table = pd.DataFrame(lines, columns=list(COLUMNS))
    for name in (*_PERCENT, "published"):
        table[name] = table[name].astype("float64")
    # Far more digits than are shown: a number that is rounded twice may end on the wrong one.
    table[list(_PERCENT)] = (100 * table[list(_PERCENT)]).round(8)
    return table


def headline(table: pd.DataFrame) -> pd.DataFrame:
    """Return the lines for a chart, in the order that a reader compares them in."""
    order = {row: place for place, row in enumerate(HEADLINE)}
    chosen = table[table["row"].isin(order)]
    return chosen.sort_values("row", key=lambda rows: rows.map(order), kind="stable")


def write_table(base: Path, table: pd.DataFrame, documents: Sequence[Document]) -> str:
    """Write ``base`` + ``.csv``, ``.json`` and ``.md``, and return the Markdown.

    In the JSON, ``accuracy.<protocol>.<row>.<experiment>`` is what DVC shows, ``lines``
    is the table.
    """
    text = as_markdown(table, documents)
    with atomic_path(base.with_name(base.name + ".csv")) as path:
        table.to_csv(path, index=False, lineterminator="\n")
    with atomic_path(base.with_name(base.name + ".json")) as path:
        path.write_text(json.dumps(_as_json(table), indent=2) + "\n", encoding="utf-8")
    with atomic_path(base.with_name(base.name + ".md")) as path:
        path.write_text(text, encoding="utf-8")
    return text


def _lift(name: str, lift: dict[str, Any] | None) -> dict[str, Any]:
    """Return a lift as columns, empty for a control."""
    known = lift or {"value": None, "low": None, "high": None, "over": ""}
    return {
        name: known["value"],
        **{f"{name}_{end}": known[end] for end in ("low", "high", "over")},
    }


def _matching(one: dict[str, Any], fmr: float) -> dict[str, Any]:
    """Return what a measurement says at the headline threshold, and without any, as columns."""
    at = next(at for at in one["fnmr"] if at["fmr"] == fmr)
    fpir = one["false_match"]["fpir"] or {"value": None, "low": None, "high": None}
    return {
        "rank_5": one["rank_5"]["value"],
        "fmr": fmr,
        "fnmr": at["value"],
        "fnmr_low": at["low"],
        "fnmr_high": at["high"],
        **_lift("fnmr_lift", at["lift"]),
        "fpir": fpir["value"],
        "fpir_low": fpir["low"],
        "fpir_high": fpir["high"],
    }


def _as_json(table: pd.DataFrame) -> dict[str, Any]:
    """Return the table as numbers by path, and as a list of lines."""
    accuracy: dict[str, dict[str, dict[str, float]]] = {}
    keys = table[["protocol", "row", "experiment"]].itertuples(index=False, name=None)
    for (protocol, row, experiment), percent in zip(keys, table["accuracy"], strict=True):
        accuracy.setdefault(protocol, {}).setdefault(row, {})[experiment] = percent
    lines = table.astype(object).where(table.notna(), None).to_dict(orient="records")
    return {"accuracy": accuracy, "lines": lines}
