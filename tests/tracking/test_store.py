"""The store is made whole or not at all, and a damaged one is one line."""

import sqlite3
from pathlib import Path

import pytest

from faceveil.params.errors import FaceveilError
from faceveil.tracking import store


@pytest.fixture
def database(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    return tmp_path / "mlflow.db"


def test_a_process_that_is_stopped_while_it_makes_tables_leaves_none(database, monkeypatch):
    class Stopped:
        def __init__(self, tracking_uri):
            Path(tracking_uri.removeprefix("sqlite:///")).write_bytes(b"half")

        def search_experiments(self):
            raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(store, "MlflowClient", Stopped)
        store.open_store()
    assert [path.name for path in database.parent.iterdir()] == [".scratch"]
    assert store.open_store()[0].get_experiment_by_name(store.EXPERIMENT)


@pytest.mark.parametrize("half", ["tables", "bytes"])
def test_a_damaged_database_is_one_line(database, half):
    if half == "tables":
        with sqlite3.connect(database) as connection:
            connection.execute("CREATE TABLE experiments (experiment_id INTEGER)")
    else:
        database.write_bytes(b"no database" * 100)
    with pytest.raises(FaceveilError, match=r"mlflow.db: cannot be opened .* damaged file away"):
        store.open_store()
