"""The store is made whole or not at all, and a damaged one is one line."""

import os
import shutil
import sqlite3
import sys
from pathlib import Path

import pytest
from mlflow import MlflowClient

from faceveil.params.errors import FaceveilError
from faceveil.tracking import store


@pytest.fixture
def database(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    return tmp_path / "mlflow.db"


def test_a_process_that_is_stopped_while_it_makes_tables_leaves_none(database, monkeypatch):
    class Stopped:
        def __init__(self, uri, *_):
            Path(uri.removeprefix("sqlite+pysqlite:///")).write_bytes(b"half")
            raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(store, "SqlAlchemyStore", Stopped)
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


ODD = ["100%faces", "feature%2Fmasks", "a?b#c", """it's "mine" ä"""]


@pytest.mark.parametrize("name", ODD)
def test_any_folder_can_hold_the_project(tmp_path, monkeypatch, name):
    project = tmp_path / name
    project.mkdir()
    (project / "file.txt").write_text("x")
    monkeypatch.setenv("DVC_ROOT", str(project))
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    client, experiment = store.open_store()
    run = client.create_run(experiment)
    client.log_artifact(run.info.run_id, str(project / "file.txt"))
    assert (project / "mlartifacts" / run.info.run_id / "artifacts/file.txt").is_file()
    assert [item.path for item in client.list_artifacts(run.info.run_id)] == ["file.txt"]
    assert (project / "mlflow.db").is_file()
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("how", ["moved", "copied"])
def test_files_of_runs_follow_the_project(database, tmp_path, monkeypatch, how):
    first, second = database.parent / "file.txt", tmp_path / f"{how} & odd %41?"
    first.write_text("x")
    client, experiment = store.open_store()
    run = client.create_run(experiment).info.run_id
    client.log_artifact(run, str(first))
    old = tmp_path / "mlartifacts"
    if how == "moved":
        second.mkdir()
        for path in [path for path in tmp_path.iterdir() if path != second]:
            path.rename(second / path.name)
    else:
        shutil.copytree(tmp_path, second, ignore=lambda *_: [second.name])
    before = sorted(old.rglob("*"))
    monkeypatch.setenv("DVC_ROOT", str(second))
    client, _ = store.open_store()
    later = client.create_run(experiment).info.run_id
    client.log_dict(later, {}, "later.json")
    new = second / "mlartifacts"
    assert client.get_run(run).info.artifact_uri == (new / run / "artifacts").as_uri()
    found = {str(path.relative_to(new)) for path in new.rglob("*.*")}
    assert found == {f"{run}/artifacts/file.txt", f"{later}/artifacts/later.json"}
    assert sorted(old.rglob("*")) == before


def test_a_place_of_somebodys_own_choice_stays(database):
    client = MlflowClient(tracking_uri=store.tracking_uri())
    store._prepare_database(database)
    client.create_experiment(store.EXPERIMENT, artifact_location="s3://bucket/mlartifacts")
    client, experiment = store.open_store()
    assert client.get_experiment(experiment).artifact_location == "s3://bucket/mlartifacts"


def test_a_relative_file_is_one_of_the_project(database, tmp_path, monkeypatch):
    queued = tmp_path / ".dvc/tmp/exps/1"
    queued.mkdir(parents=True)
    monkeypatch.chdir(queued)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "sqlite:///mlflow.db")
    assert store.database_file(store.tracking_uri()) == database
    store.open_store()
    assert database.is_file()
    assert list(queued.iterdir()) == []


@pytest.mark.parametrize(
    ("uri", "line"),
    [
        ("http://me:sec%40ret@127.0.0.1:9", r"=http://\*\*\*@127.0.0.1:9: cannot be opened \(API"),
        ("http://me:sec@ret@[bad", r"\*\*\*@\[bad: cannot be opened \(Invalid IPv6 URL"),
        ("other://me:sec@ret@host/", r"cannot be opened .* unsupported URI 'other://\*\*\*@host"),
        ("sqlite:", "cannot be opened .*Could not parse"),
        ("postgresql://me:sec%40ret@host/db", "driver is not installed .*uv pip install"),
        ("mysql://host/db?user=me&password=secret", r"password=\*\*\* its driver is not installed"),
    ],
)
def test_what_cannot_be_opened_is_one_line_without_a_password(database, monkeypatch, uri, line):
    for module in ("psycopg", "psycopg2", "MySQLdb"):
        monkeypatch.setitem(sys.modules, module, None)
    for name in ("MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD"):
        monkeypatch.setenv(name, "")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    with pytest.raises(FaceveilError, match=line) as refusal:
        store.open_store()
    said = str(refusal.value)
    assert "\n" not in said
    assert not [word for word in ("sec", "ret@", "%40") if word in said]


def test_a_servers_login_goes_where_mlflow_prints_nothing(database, monkeypatch):
    for name in ("MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD"):
        monkeypatch.setenv(name, "")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "https://me:sec%40ret@host:5000/path")
    assert store.tracking_uri() == "https://host:5000/path"
    assert os.environ["MLFLOW_TRACKING_USERNAME"] == "me"
    assert os.environ["MLFLOW_TRACKING_PASSWORD"] == "sec@ret"
