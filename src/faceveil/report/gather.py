"""All that the page shows, gathered from what the other stages left."""

import hashlib
import json
import subprocess
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from faceveil.collection.index import INDEX
from faceveil.params.errors import FaceveilError
from faceveil.params.experiments import Experiment
from faceveil.params.read import read_section
from faceveil.report.page import Contents
from faceveil.report.photos import read_people
from faceveil.report.selection import Results

PACKAGES = ("faceveil", "torch", "facenet-pytorch", "onnxruntime", "numpy", "dvc", "mlflow")
"""Whose versions a reader may want to know."""


def gather(
    results: Results, metrics: Path, photos: tuple[Path, Path], params: Path, people: int
) -> Contents:
    """Read photos, counts and settings.

    Args:
        results: the numbers.
        metrics: folder of ``curation.json``.
        photos: folders of the packed faces and of the protected photos.
        params: params.yaml.
        people: how many are shown at most.

    Raises:
        FaceveilError: if something is missing or damaged.
    """
    curated, protected = photos
    counts = metrics / "curation.json"
    try:
        curation = json.loads(counts.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise FaceveilError(f"{counts}: no counts here; run `dvc repro -f curate`") from None
    learns = {
        name: read_section(params, f"experiments.{name}", Experiment).recognizer_learns_from
        for name in results.experiments
    }
    origin = provenance(curated, params.read_text(encoding="utf-8"), {})
    return Contents(
        results, read_people(protected, results.experiments, people), learns, origin, curation
    )


def provenance(curated: Path, params: str, runs: Mapping[str, str]) -> dict[str, Any]:
    """Return what the numbers come from.

    Args:
        curated: folder of the packed faces, whose index is digested.
        params: params.yaml as it is.
        runs: ids of the MLflow runs that recorded the numbers, by name.
    """
    return {
        "revision": _revision(),
        "params": params,
        "data_digest": hashlib.sha256((curated / INDEX).read_bytes()).hexdigest(),
        "mlflow": dict(runs),
        "versions": {package: version(package) for package in PACKAGES},
    }


def _revision() -> str:
    """Return the Git revision, marked where files differ from it; empty outside a repository."""
    command = ["git", "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    try:
        result = subprocess.run(command, capture_output=True, text=True, check=True, timeout=10)
    except (OSError, subprocess.SubprocessError):
        return ""
    return result.stdout.strip()
