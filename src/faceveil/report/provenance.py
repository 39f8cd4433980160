"""What the numbers come from: revision, settings, data, runs and versions."""

import hashlib
import subprocess
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from faceveil.collection.index import INDEX

PACKAGES = ("faceveil", "torch", "facenet-pytorch", "onnxruntime", "numpy", "dvc", "mlflow")
"""Whose versions a reader may want to know."""


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
