"""An evaluation as a JSON document: what was measured, on whom, with which settings."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from faceveil.data.atomic import atomic_path
from faceveil.evaluation.measure import Measurement
from faceveil.params.errors import FaceveilError
from faceveil.params.evaluate import Evaluate
from faceveil.params.experiments import Game

Document = dict[str, Any]
"""``experiment``, ``rows.<row>.<protocol>.rank_1`` (designs: ``.lift`` too), and lists.

DVC shows and compares the numbers of ``rows``. Everything else that is long (counts, intervals,
designs, settings) stands in lists, which DVC leaves alone, so that its tables stay readable.
"""


def as_document(
    experiment: str, game: Game, settings: Evaluate, gallery: int, measured: list[Measurement]
) -> Document:
    """Put an evaluation together.

    Args:
        experiment: its name.
        game: how it was played.
        settings: how it was measured.
        gallery: enrolled people.
        measured: all rows under all protocols.
    """
    rows: dict[str, dict[str, dict[str, float]]] = {}
    for one in measured:
        shown = {"rank_1": one.rank_1} | ({"lift": one.lift.value} if one.lift else {})
        rows.setdefault(one.row, {})[one.protocol] = shown
    return {
        "experiment": experiment,
        "gallery_people": gallery,
        "rows": rows,
        "recognizer_learns_from": list(game.recognizer_learns_from),
        "settings": [settings.model_dump()],
        "measurements": [asdict(one) for one in measured],
    }


def write_document(path: Path, document: Document) -> None:
    """Write an evaluation, whole or not at all."""
    with atomic_path(path) as temporary:
        temporary.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


def read_documents(folder: Path, experiments: Sequence[str]) -> list[Document]:
    """Read the evaluation of each experiment, in the order asked for.

    Raises:
        FaceveilError: if one is missing or is no evaluation.
    """
    return [_read(folder / f"{name}.json", name) for name in experiments]


def shown_numbers(document: Document) -> dict[str, float]:
    """Return ``accuracy/<protocol>/<row>`` (rank-1, in [0, 1]) and ``lift/…``, to be tracked."""
    numbers = {}
    for one in document["measurements"]:
        place = f"{one['protocol']}/{one['row']}"
        numbers[f"accuracy/{place}"] = one["rank_1"]
        if one["lift"]:
            numbers[f"lift/{place}"] = one["lift"]["value"]
    return numbers


def all_numbers(documents: Sequence[Document]) -> dict[str, float]:
    """Return what :func:`shown_numbers` does for each experiment, whose name ends the key."""
    return {
        f"{key}/{document['experiment']}": value
        for document in documents
        for key, value in shown_numbers(document).items()
    }


def _read(path: Path, experiment: str) -> Document:
    """Read one evaluation and check that it is the experiment's."""
    if not path.is_file():
        raise FaceveilError(f"{path}: no evaluation; run `dvc repro evaluate@{experiment}` first")
    document, found = {}, "no evaluation"
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        found = document["experiment"] if document["measurements"] else "nothing measured"
    except (ValueError, KeyError, TypeError):
        pass
    if found != experiment:
        raise FaceveilError(
            f"{path}: found {found!r}, not an evaluation of {experiment!r}; "
            f"run `dvc repro -f evaluate@{experiment}`"
        )
    return document
