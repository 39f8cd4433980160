"""Opening the MLflow store: where it is, that it answers, and that two processes may share it."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import unquote, urlsplit

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
# A server that does not answer must stop a stage at its start, not after minutes of retries.
os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "10")

import logging

from filelock import FileLock
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException
from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore
from sqlalchemy import create_engine
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import SQLAlchemyError

from faceveil.params.errors import FaceveilError, reason_of
from faceveil.runtime.atomic import atomic_path
from faceveil.runtime.scratch import project_root

EXPERIMENT = "faceveil"
"""Name of the MLflow experiment that holds every run."""


SERVERS = ("postgresql", "mysql", "mssql")
"""Databases that MLflow talks to besides SQLite files."""

ARTIFACTS = "mlartifacts"
"""Folder beside a SQLite file that holds the files of its runs."""


def tracking_place() -> str:
    """Return in words where runs are recorded: what ``MLFLOW_TRACKING_URI`` says, or a file."""
    said = os.environ.get("MLFLOW_TRACKING_URI")
    return f"MLFLOW_TRACKING_URI={said}" if said else str(project_root() / "mlflow.db")


def tracking_uri() -> str:
    """Return ``MLFLOW_TRACKING_URI`` as MLflow takes it, or a SQLite file in the main repository.

    A relative SQLite file lies in the main repository, whichever folder a stage runs in. Name and
    password of a server go where MLflow looks for them and prints nothing of them.

    Raises:
        SQLAlchemyError, ValueError: if it is no URI.
    """
    said = os.environ.get("MLFLOW_TRACKING_URI") or "sqlite:///mlflow.db"
    if said.startswith(("http://", "https://")):
        return _without_login(said)
    file = database_file(said)
    if file is None:
        return said
    # By the name of its driver: MLflow makes folders by the escaped path of plain "sqlite:".
    url = make_url(said).set(drivername="sqlite+pysqlite", database=str(file))
    return url.render_as_string()


def database_file(uri: str) -> Path | None:
    """Return the absolute path of a SQLite file; None if it is another store, or in memory."""
    if not uri.startswith("sqlite"):
        return None
    name = make_url(uri).database or ":memory:"
    return None if name.startswith((":memory:", "file:")) else project_root().absolute() / name


def _without_login(uri: str) -> str:
    """Return a server's URI without name and password, which MLflow then reads from variables."""
    parts = urlsplit(uri)
    if parts.username and parts.password:
        os.environ["MLFLOW_TRACKING_USERNAME"] = unquote(parts.username)
        os.environ["MLFLOW_TRACKING_PASSWORD"] = unquote(parts.password)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


@contextmanager
def locked() -> Iterator[None]:
    """Let one process at a time create the database, an experiment or a parent run."""
    scratch = project_root() / ".scratch"
    scratch.mkdir(exist_ok=True)
    with FileLock(scratch / "mlflow.lock", timeout=120):
        yield


def open_store() -> tuple[MlflowClient, str]:
    """Open the store and return a client with the id of the ``faceveil`` experiment.

    Raises:
        FaceveilError: if it cannot be opened; says why, without name and password.
    """
    logging.getLogger("alembic").setLevel(logging.WARNING)
    logging.getLogger("mlflow").setLevel(logging.WARNING)
    try:
        with locked():
            uri = tracking_uri()
            file = database_file(uri)
            if file is not None:
                _prepare_database(file)
            elif urlsplit(uri).scheme.startswith(SERVERS):
                # MLflow tries ten times, for minutes; what is wrong shows at the first time.
                create_engine(uri).connect().close()
            client = MlflowClient(tracking_uri=uri)
            experiment = _experiment(client, file)
            if file is not None:
                _follow(file)
            return client, experiment
    except ImportError as error:
        raise FaceveilError(
            f"{tracking_place()}: its driver is not installed ({error}); install "
            "it into .venv, as `uv pip install 'psycopg[binary]'` for PostgreSQL or `uv pip "
            "install mysqlclient` for MySQL"
        ) from None
    except (MlflowException, OSError, ValueError, sqlite3.Error, SQLAlchemyError) as error:
        raise FaceveilError(
            f"{tracking_place()}: cannot be opened ({reason_of(error)}); start that server, move a "
            "damaged file away, or unset MLFLOW_TRACKING_URI to use mlflow.db"
        ) from None


def _prepare_database(path: Path) -> None:
    """Create a SQLite database whole or not at all, and let readers and a writer in at once.

    MLflow makes its tables one by one; what a process that is killed meanwhile leaves can neither
    be used nor be completed.
    """
    if not path.exists():
        with atomic_path(path) as temporary:
            uri = URL.create("sqlite+pysqlite", database=str(temporary)).render_as_string()
            # It writes the place of its first experiment into SQL without care for quotes.
            place = (path.parent / ARTIFACTS).as_uri()
            SqlAlchemyStore(uri, place)  # type: ignore[no-untyped-call]
    with closing(sqlite3.connect(path, timeout=60)) as database:
        database.execute("PRAGMA journal_mode=WAL")


def _experiment(client: MlflowClient, file: Path | None) -> str:
    found = client.get_experiment_by_name(EXPERIMENT)
    if found is not None:
        return str(found.experiment_id)
    artifacts = (file.parent / ARTIFACTS).as_uri() if file else None
    # The UI has pages for trained models and others for language models; this picks the first.
    kind = {"mlflow.experimentKind": "custom_model_development"}
    return str(client.create_experiment(EXPERIMENT, artifact_location=artifacts, tags=kind))


def _follow(file: Path) -> None:
    """Let files of runs lie beside the database, also after both were moved or copied.

    MLflow stores absolute places: a moved project would not find its files, and a copied one would
    write into the original.
    """
    here = (file.parent / ARTIFACTS).as_uri()
    moved = "name = ? AND artifact_location LIKE ? AND artifact_location <> ?"
    which = (EXPERIMENT, f"file:%/{ARTIFACTS}", here)
    with closing(sqlite3.connect(file, timeout=60)) as database, database:
        database.execute(
            "UPDATE runs SET artifact_uri = ? || '/' || run_uuid || '/artifacts' "
            f"WHERE experiment_id IN (SELECT experiment_id FROM experiments WHERE {moved})",
            (here, *which),
        )
        database.execute(
            f"UPDATE experiments SET artifact_location = ? WHERE {moved}", (here, *which)
        )
