"""Design cards: what is known of the designs of one experiment, as JSON."""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from faceveil.evaluation.results import COLUMNS
from faceveil.report.failures import known_failures
from faceveil.report.selection import Results

CURVES = r"(?:cmc|det)@.*"
"""Metrics that a card leaves to the table."""


def build_card(
    results: Results, experiment: str, learns_from: tuple[str, ...], origin: Mapping[str, Any]
) -> dict[str, Any]:
    """Put the card of an experiment together.

    ``learns_from`` is what the recognizer learned from in training, nothing where it was fixed;
    ``origin`` is :func:`faceveil.report.gather.provenance`.
    """
    frame = results.frame
    own = frame["protection"].map(results.made_by) == experiment
    rows = frame[own & ~frame["metric"].str.fullmatch(CURVES)]
    return {
        "version": 3,
        "experiment": experiment,
        "trained_against": list(results.trained_against[experiment]),
        "recognizer_learns_from": list(learns_from),
        "confidence": results.confidence,
        "plain_controls": list(results.plain),
        "known_failures": known_failures(results, experiment),
        "provenance": {
            key: origin[key]
            for key in ("revision", "data_digest", "weights", "versions")
            if key in origin
        },
        "numbers": [_record(row) for row in rows[list(COLUMNS)].to_dict(orient="records")],
    }


def _record(row: Mapping[Any, Any]) -> dict[str, Any]:
    """Return a row of the table with what it says, and nothing for what is empty."""
    empty = (None, "")
    return {
        str(key): value
        for key, value in row.items()
        if value not in empty and not (isinstance(value, float) and math.isnan(value))
    }


def write_card(folder: Path, card: Mapping[str, Any]) -> None:
    """Write ``<experiment>.json`` into an existing folder, the same bytes for the same card."""
    text = json.dumps(card, indent=1, ensure_ascii=False)
    (folder / f"{card['experiment']}.json").write_text(text + "\n", encoding="utf-8")
