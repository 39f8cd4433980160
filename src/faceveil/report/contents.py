"""Everything that the page shows, and reading it from ``metrics/``."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import BaseModel

from faceveil.evaluation.accuracy_table import accuracy_table, headline
from faceveil.evaluation.documents import Document, read_documents
from faceveil.params.errors import FaceveilError
from faceveil.params.file import validate
from faceveil.report.documents import Curve, Evaluation, StrikeBack, Transfer

Model = TypeVar("Model", bound=BaseModel)

Photos = NDArray[np.float32]
"""Pictures ``[N, S, S, 3]`` in [0, 1], RGB."""


@dataclass(frozen=True)
class Metrics:
    """What was measured.

    Attributes:
        evaluations: by experiment, in the order of params.yaml.
        table: the lines of the accuracy table that readers compare; shares in percent.
        transfer: by experiment; empty where the stage was not run.
        strike_back: None where the stage was not run.
        curation: counts of the curation.
        projector: how well the projector finds masks.
        recognizer: how well the recognizer works on people it did not learn from.
    """

    evaluations: Mapping[str, Evaluation]
    table: pd.DataFrame
    transfer: Mapping[str, Transfer]
    strike_back: StrikeBack | None
    curation: Mapping[str, Any]
    projector: Mapping[str, Any]
    recognizer: Mapping[str, Any]

    @property
    def experiments(self) -> list[str]:
        """Names of the experiments, in order."""
        return list(self.evaluations)

    @property
    def protocols(self) -> list[str]:
        """Protocols that were measured, the harder question first."""
        found = {m.protocol for e in self.evaluations.values() for m in e.measurements}
        return [name for name in ("other_photo", "same_photo") if name in found]

    def curve(self, experiment: str) -> Curve | None:
        """Return how an experiment's designs last while the recognizer learns, if measured."""
        curves = self.strike_back.curves if self.strike_back else ()
        return next((one for one in curves if one.experiment == experiment), None)

    @property
    def confidence(self) -> float:
        """Level of the intervals."""
        return next(iter(self.evaluations.values())).confidence


@dataclass(frozen=True)
class Pictures:
    """What the page shows of people and designs.

    Attributes:
        subject_ids: held-out people, in the order of the photos.
        people: photos ``[P, S, S, 3]`` by row: as photographed, then by experiment.
        designs: designs ``[P, S, S, 3]`` by experiment, the k-th worn by the k-th person.
        walks: designs ``[steps, S, S, 3]`` between latents, by experiment.
    """

    subject_ids: Sequence[str] = ()
    people: Mapping[str, Photos] = field(default_factory=dict)
    designs: Mapping[str, Photos] = field(default_factory=dict)
    walks: Mapping[str, Photos] = field(default_factory=dict)


@dataclass(frozen=True)
class Contents:
    """Everything that the page shows.

    Attributes:
        metrics: what was measured.
        pictures: photos and designs.
        provenance: ``revision``, ``params`` (text), ``data_digest``, ``mlflow`` (run ids by name)
            and ``versions`` (by package); what is missing is said to be.
    """

    metrics: Metrics
    pictures: Pictures
    provenance: Mapping[str, Any]


def read_metrics(folder: Path, experiments: Sequence[str]) -> Metrics:
    """Read all documents of the folder ``metrics``.

    The documents of a stage that never ran (``transfer`` or ``strike_back``) are left out, and the
    page says so; one experiment missing among others is an error.

    Raises:
        FaceveilError: if a document is missing or is not what it should be; names the file, the key
            and the stage to run.
    """
    evaluated = read_documents(folder / "evaluation", experiments)
    again = "evaluate@{}"
    evaluations = {
        name: _checked(Evaluation, one, folder / f"evaluation/{name}.json", again.format(name))
        for name, one in zip(experiments, evaluated, strict=True)
    }
    struck = folder / "strike_back.json"
    return Metrics(
        evaluations=evaluations,
        table=_headline(evaluated, folder / "evaluation"),
        transfer=_each(Transfer, folder / "transfer", experiments),
        strike_back=_read(StrikeBack, struck, "strike_back") if struck.is_file() else None,
        curation=_json(folder / "curation.json", "curate"),
        projector=_json(folder / "projector.json", "train_projector"),
        recognizer=_json(folder / "recognizer.json", "prepare_recognizer"),
    )


def _headline(evaluated: Sequence[Document], folder: Path) -> pd.DataFrame:
    """Return the lines of the accuracy table that readers compare."""
    try:
        return headline(accuracy_table(evaluated))
    except (KeyError, TypeError, StopIteration) as error:
        raise FaceveilError(
            f"{folder}: an evaluation lacks {error} for the accuracy table; "
            "run `dvc repro -f evaluate`"
        ) from None


def _each(model: type[Model], folder: Path, experiments: Sequence[str]) -> dict[str, Model]:
    """Read a document per experiment, or nothing where the folder does not exist."""
    if not folder.is_dir():
        return {}
    stage = folder.name
    read = {n: _read(model, folder / f"{n}.json", f"{stage}@{n}") for n in experiments}
    for name, document in read.items():
        found = getattr(document, "experiment", name)
        if found != name:
            raise FaceveilError(
                f"{folder / name}.json: found experiment {found!r}, not {name!r}; "
                f"run `dvc repro -f {stage}@{name}`"
            )
    return read


def _read(model: type[Model], path: Path, stage: str) -> Model:
    return _checked(model, _json(path, stage), path, stage)


def _checked(model: type[Model], document: Any, path: Path, stage: str) -> Model:
    """Build the model, or say which key is wrong and what makes it anew."""
    try:
        return validate(model, document, str(path))
    except FaceveilError as error:
        problem = str(error).partition("; add it")[0]
        raise FaceveilError(f"{problem}; run `dvc repro -f {stage}`") from None


def _json(path: Path, stage: str) -> dict[str, Any]:
    """Read a JSON object.

    Raises:
        FaceveilError: if there is none.
    """
    if not path.is_file():
        raise FaceveilError(f"{path}: no such document; run `dvc repro {stage}` first")
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        document = None
    if not isinstance(document, dict):
        raise FaceveilError(f"{path}: not a JSON object; run `dvc repro -f {stage}`")
    return document
