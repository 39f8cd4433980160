"""An empty MLflow store, shared by the tests of a module."""

import pytest

from faceveil.params.embed import Embed
from faceveil.tracking.store import open_store

SECTION = Embed(batch_size=2, part_size=3)


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    """An empty store; making one costs seconds of migrations, so the module shares it."""
    folder = tmp_path_factory.mktemp("tracking")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        patch.setenv("DVC_ROOT", str(folder))
        open_store()
    return folder


@pytest.fixture
def project(database, monkeypatch, request):
    """A repository with a params.yaml of its own, so that each test has its own parent run."""
    monkeypatch.chdir(database)
    monkeypatch.setenv("DVC_ROOT", str(database))
    for name in ("MLFLOW_TRACKING_URI", "DVC_EXP_NAME"):
        monkeypatch.delenv(name, raising=False)
    (database / "params.yaml").write_text(f"test: {request.node.name}\n")
    return database


def runs():
    client, experiment = open_store()
    return client, client.search_runs([experiment])
