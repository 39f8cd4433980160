"""All that the page shows, gathered from what the other stages left."""

import hashlib
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from faceveil.collection.index import INDEX
from faceveil.evaluation.latent_walk import shown_designs
from faceveil.evaluation.showcase import showcase
from faceveil.params.file import Params
from faceveil.report.contents import Contents, Pictures, read_metrics

PACKAGES = ("faceveil", "torch", "facenet-pytorch", "onnxruntime", "numpy", "dvc", "mlflow")
"""Whose versions a reader may want to know."""


@dataclass(frozen=True)
class Sources:
    """Folders of what the other stages left."""

    metrics: Path
    curated: Path
    projector: Path
    gans: Path


def gather(sources: Sources, params: Params, text: str, runs: Mapping[str, str]) -> Contents:
    """Read documents and artifacts.

    Args:
        sources: where they are.
        params: the settings.
        text: params.yaml as it is.
        runs: ids of the runs that recorded the numbers, by name.

    Raises:
        FaceveilError: if one is missing or damaged.
    """
    measured = read_metrics(sources.metrics, list(params.experiments))
    subject_ids, people = showcase(sources.curated, sources.projector, sources.gans, params)
    designs, walks = shown_designs(sources.gans, params)
    pictures = Pictures(subject_ids, people, designs, walks)
    return Contents(measured, pictures, provenance(sources.curated, text, runs))


def provenance(curated: Path, text: str, runs: Mapping[str, str]) -> dict[str, Any]:
    """Say what the numbers come from: revision, settings, data, runs and versions."""
    return {
        "revision": _revision(),
        "params": text,
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
