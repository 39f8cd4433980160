"""All that the page shows, gathered from what the other stages left."""

import hashlib
import json
import subprocess
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from faceveil.collection.index import INDEX
from faceveil.params.errors import FaceveilError
from faceveil.params.experiments import Experiment
from faceveil.params.read import read_names, read_section
from faceveil.report.answer import groups
from faceveil.report.page import Contents
from faceveil.report.photos import read_people
from faceveil.report.selection import Results

PACKAGES = ("faceveil", "torch", "facenet-pytorch", "onnxruntime", "numpy", "dvc", "mlflow")
"""Whose versions a reader may want to know."""


def gather(
    results: Results, metrics: Path, photos: tuple[Path, Path], params: Path, people: int
) -> Contents:
    """Read photos of so many people at most, counts and settings.

    ``metrics`` is the folder of ``curation.json``, ``photos`` are those of the packed faces and of
    the protected photos.

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
    origin = provenance(curated, params.read_text(encoding="utf-8"))
    origin["weights"] = _weights(metrics / "recognizers", read_names(params, "recognizers"))
    in_order = tuple(name for group in groups(results) for name in group.experiments)
    return Contents(results, read_people(protected, in_order, people), learns, origin, curation)


def provenance(curated: Path, params: str) -> dict[str, Any]:
    """Return what the numbers come from, given params.yaml as it is."""
    return {
        "revision": _revision(),
        "params": params,
        "data_digest": hashlib.sha256((curated / INDEX).read_bytes()).hexdigest(),
        "mlflow": {},
        "versions": {package: version(package) for package in PACKAGES},
    }


def _weights(folder: Path, names: Sequence[str]) -> dict[str, str]:
    """Return the SHA-256 of the weights of each recognizer, as its stage has written it."""
    found = {name: folder / f"{name}.json" for name in names}
    written = {name: path.read_text("utf-8") for name, path in found.items() if path.is_file()}
    return {name: json.loads(text).get("sha256", "not known") for name, text in written.items()}


def _revision() -> str:
    """Return the Git revision, marked where files differ from it; empty outside a repository."""
    command = ["git", "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    try:
        result = subprocess.run(command, capture_output=True, text=True, check=True, timeout=10)
    except (OSError, subprocess.SubprocessError):
        return ""
    return result.stdout.strip()
