"""Opening the MLflow store: where it is, that it answers, and that two processes may share it."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
# A server that does not answer must stop a stage at its start, not after minutes of retries.
os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "10")

import logging

from filelock import FileLock
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException
from sqlalchemy.exc import SQLAlchemyError

from faceveil.params.errors import FaceveilError
from faceveil.runtime.atomic import atomic_path
from faceveil.runtime.scratch import project_root

EXPERIMENT = "faceveil"
"""Name of the MLflow experiment that holds every run."""


def tracking_uri() -> str:
    """Return ``MLFLOW_TRACKING_URI``, or a SQLite file in the main repository."""
    return os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{project_root() / 'mlflow.db'}"


@contextmanager
def locked() -> Iterator[None]:
    """Let one process at a time create the database, an experiment or a parent run."""
    scratch = project_root() / ".scratch"
    scratch.mkdir(exist_ok=True)
    with FileLock(scratch / "mlflow.lock", timeout=120):
        yield


def open_store() -> tuple[MlflowClient, str]:
    """Open the store and return a client with the id of the ``faceveil`` experiment."""
    logging.getLogger("alembic").setLevel(logging.WARNING)
    logging.getLogger("mlflow").setLevel(logging.WARNING)
    uri = tracking_uri()
    try:
        with locked():
            if uri.startswith("sqlite:///"):
                _prepare_database(Path(uri.removeprefix("sqlite:///")))
            client = MlflowClient(tracking_uri=uri)
            return client, _experiment(client, uri)
    except (MlflowException, OSError, sqlite3.Error, SQLAlchemyError) as error:
        reason = " ".join(str(error).split())[:200]
        raise FaceveilError(
            f"MLFLOW_TRACKING_URI={uri}: cannot be opened ({reason}); "
            "start that server, move a damaged file away, or unset the variable to use mlflow.db"
        ) from None


def _prepare_database(path: Path) -> None:
    """Create a SQLite database whole or not at all, and let readers and a writer in at once.

    MLflow makes its tables one by one; what a process that is killed meanwhile leaves can neither
    be used nor be completed.
    """
    if not path.exists():
        with atomic_path(path) as temporary:
            MlflowClient(tracking_uri=f"sqlite:///{temporary}").search_experiments()
    with sqlite3.connect(path, timeout=60) as database:
        database.execute("PRAGMA journal_mode=WAL")


def _experiment(client: MlflowClient, uri: str) -> str:
    found = client.get_experiment_by_name(EXPERIMENT)
    if found is not None:
        return str(found.experiment_id)
    local = uri.startswith("sqlite:///")
    artifacts = (project_root() / "mlartifacts").as_uri() if local else None
    # The UI has pages for trained models and others for language models; this picks the first.
    kind = {"mlflow.experimentKind": "custom_model_development"}
    return str(client.create_experiment(EXPERIMENT, artifact_location=artifacts, tags=kind))
