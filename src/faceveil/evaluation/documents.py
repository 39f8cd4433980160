"""An evaluation as a JSON document: what was measured, on whom, with which settings."""

import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from faceveil.evaluation.by_group import GroupLift
from faceveil.evaluation.calibration import Threshold
from faceveil.evaluation.diversity import Diversity
from faceveil.evaluation.measure import Measurement
from faceveil.params.errors import FaceveilError
from faceveil.params.evaluate import Evaluate
from faceveil.params.experiments import Game
from faceveil.runtime.atomic import atomic_path

Document = dict[str, Any]
"""``experiment``, ``rows.<row>.<protocol>.rank_1`` and ``.fnmr`` (designs: ``.lift`` and
``.fnmr_lift`` too), and lists.

DVC shows and compares the numbers of ``rows``. Everything else that is long (counts, intervals,
designs, settings) stands in lists, which DVC leaves alone, so that its tables stay readable.
"""


@dataclass(frozen=True)
class Findings:
    """What an evaluation found.

    Attributes:
        gallery_people: enrolled people.
        thresholds: the frozen ones.
        measured: all rows under all protocols.
        diversity: of the designs, and of an untrained generator's.
        groups: lift by group, where groups are known.
    """

    gallery_people: int
    thresholds: Sequence[Threshold]
    measured: Sequence[Measurement]
    diversity: Sequence[Diversity]
    groups: Sequence[GroupLift]


def as_document(experiment: str, game: Game, settings: Evaluate, findings: Findings) -> Document:
    """Put an evaluation together.

    Args:
        experiment: its name.
        game: how it was played.
        settings: how it was measured.
        findings: what was found.
    """
    rows: dict[str, dict[str, dict[str, float]]] = {}
    for one in findings.measured:
        rows.setdefault(one.row, {})[one.protocol] = _shown(one, settings.false_match_rate)
    return {
        "experiment": experiment,
        "gallery_people": findings.gallery_people,
        "rows": rows,
        "recognizer_learns_from": list(game.recognizer_learns_from),
        "trained_against": list(game.trained_against),
        "settings": [settings.model_dump()],
        "thresholds": [asdict(one) for one in findings.thresholds],
        "diversity": [asdict(one) for one in findings.diversity],
        "groups": [asdict(one) for one in findings.groups],
        "measurements": [asdict(one) for one in findings.measured],
    }


def write_document(path: Path, document: Document) -> None:
    """Write a document as JSON, whole or not at all; a list of numbers takes one line."""
    with atomic_path(path) as temporary:
        temporary.write_text(as_json(document), encoding="utf-8")


def as_json(document: Document) -> str:
    """Return a document as text that people can read and compare line by line."""
    text = json.dumps(document, indent=2)
    numbers = re.compile(r"\[\s+(-?\d[^\[\]{}\"]*?)\s+\]")
    return numbers.sub(lambda found: f"[{' '.join(found[1].split())}]", text) + "\n"


def read_documents(folder: Path, experiments: Sequence[str]) -> list[Document]:
    """Read the evaluation of each experiment, in the order asked for.

    Raises:
        FaceveilError: if one is missing or is no evaluation.
    """
    return [_read(folder / f"{name}.json", name) for name in experiments]


def shown_numbers(document: Document) -> dict[str, float]:
    """Return what is tracked: rank-1, FNMR and lifts by protocol and row, and the thresholds.

    They are ``accuracy/<protocol>/<row>`` (rank-1, in [0, 1]), ``fnmr/…``, ``lift/…``,
    ``fnmr_lift/…``, and ``threshold/<false match rate>`` where that rate is reachable.
    """
    names = {"rank_1": "accuracy", "lift": "lift", "fnmr": "fnmr", "fnmr_lift": "fnmr_lift"}
    thresholds = {
        f"threshold/{at['fmr']:g}": at["threshold"]
        for at in document["thresholds"]
        if at["threshold"] is not None
    }
    return thresholds | {
        f"{names[name]}/{protocol}/{row}": value
        for row, of_row in document["rows"].items()
        for protocol, values in of_row.items()
        for name, value in values.items()
    }


def all_numbers(documents: Sequence[Document]) -> dict[str, float]:
    """Return what :func:`shown_numbers` does for each experiment, whose name ends the key."""
    return {
        f"{key}/{document['experiment']}": value
        for document in documents
        for key, value in shown_numbers(document).items()
    }


def _shown(one: Measurement, fmr: float) -> dict[str, float]:
    """Return the numbers of a row that DVC compares."""
    numbers = {"rank_1": one.rank_1} | ({"lift": one.lift.value} if one.lift else {})
    for at in one.fnmr:
        if at.fmr == fmr and at.value is not None:
            numbers |= {"fnmr": at.value} | ({"fnmr_lift": at.lift.value} if at.lift else {})
    return numbers


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
