"""What a stage tells is found again in MLflow: parents, children, curves, tables, data sets."""

import json
import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException
from PIL import Image

from faceveil.params.curate import Curate
from faceveil.params.errors import FaceveilError
from faceveil.params.whole_file import read_params
from faceveil.tracking.run import track
from tests.conftest import ROOT
from tests.tracking.conftest import SECTION, runs


def test_a_pipeline_stage_records_on_the_parent(project):
    with track("curate", SECTION) as first:
        first.metrics({"curation/kept": 5})
    with track("embed", SECTION) as second:
        second.metrics({"embedding/photos": 7})
    assert first.run_id == second.run_id
    run = runs()[0].get_run(first.run_id)
    assert run.data.metrics == {"curation/kept": 5, "embedding/photos": 7}
    assert run.data.params["curate.batch_size"] == run.data.params["embed.batch_size"] == "2"
    assert run.data.tags["dvc.exp_name"] == "workspace"
    assert run.info.status == "FINISHED"


def test_an_experiment_is_a_child_that_evaluation_goes_on_with(project):
    with track("train_gan", SECTION, experiment="exp0") as training:
        for epoch in range(1200):
            training.metrics({"loss/generator": epoch / 2}, step=epoch)
    with track("evaluate", SECTION, experiment="exp0") as evaluation:
        evaluation.metrics({"accuracy/no_mask": 1.0})
    assert training.run_id == evaluation.run_id
    client, _ = runs()
    curve = client.get_metric_history(training.run_id, "loss/generator")
    assert [(point.step, point.value) for point in curve] == [(i, i / 2) for i in range(1200)]


def test_lists_and_nested_settings_are_recorded_in_words(project):
    params = read_params(ROOT / "params.yaml")
    ids = {}
    for name in ("exp0", "exp2"):
        with track("train_gan", params.training(name), experiment=name) as run:
            ids[name] = run.run_id
    told = {name: runs()[0].get_run(run_id).data.params for name, run_id in ids.items()}
    assert told["exp0"]["train_gan.recognizer_learns_from"] == "none"
    assert told["exp2"]["train_gan.recognizer_learns_from"] == "generated + unmasked"
    assert told["exp0"]["train_gan.latent.size"] == "100"


@pytest.mark.parametrize("stage", ["train_gan", "train_texture", "train_generator"])
def test_training_again_replaces_the_child_of_that_name(project, stage):
    ids = []
    for _ in range(2):
        with track(stage, SECTION, experiment="exp0") as run:
            run.metrics({"loss": 1.0}, step=0)
            ids.append(run.run_id)
    client, found = runs()
    assert ids[1] in [run.info.run_id for run in found]
    assert ids[0] not in [run.info.run_id for run in found]
    assert len(client.get_metric_history(ids[1], "loss")) == 1


def test_other_params_and_other_experiments_have_other_parents(project, monkeypatch):
    ids = set()
    for name, text in [(None, "a: 1"), (None, "a: 2"), ("shaky-tofu", "a: 2")]:
        if name:
            monkeypatch.setenv("DVC_EXP_NAME", name)
        (project / "params.yaml").write_text(text)
        with track("curate", SECTION) as run:
            ids.add(run.run_id)
    assert len(ids) == 3


@pytest.mark.parametrize(
    ("problem", "status"), [(ValueError, "FAILED"), (KeyboardInterrupt, "KILLED")]
)
def test_a_broken_stage_is_recorded_as_such(project, problem, status):
    with pytest.raises(problem), track("curate", SECTION) as run:
        run.metrics({"reached": 1})
        raise problem
    found = runs()[0].get_run(run.run_id)
    assert (found.info.status, found.data.metrics) == (status, {"reached": 1})


def test_a_table_is_replaced_and_not_appended(project):
    for rows in ([1, 2], [3]):
        with track("report", SECTION) as run:
            run.table(pd.DataFrame({"accuracy": rows}), "accuracy_table")
    client, _ = runs()
    path = client.download_artifacts(run.run_id, "accuracy_table.json")
    with open(path) as file:  # noqa: PTH123
        assert json.load(file) == {"columns": ["accuracy"], "data": [[3]]}


def test_files_pictures_and_data_sets_are_recorded(project):
    picture, table = project / "sheet.png", project / "rows.parquet"
    Image.fromarray(np.zeros((4, 4, 3), np.uint8)).save(picture)
    pd.DataFrame({"subject_id": ["00001"]}).to_parquet(table)
    with track("train_gan", SECTION, experiment="exp1") as run:
        run.figure(picture)
        run.artifact(table)
        run.image(picture, key="designs", step=3)
        run.dataset("curated", table)
    client, _ = runs()
    names = {item.path for item in client.list_artifacts(run.run_id)}
    assert {"figures", "images", "rows.parquet"} <= names
    data = client.get_run(run.run_id).inputs.dataset_inputs[0].dataset
    assert data.name == "curated"
    assert len(data.digest) == 32


def test_a_server_that_does_not_answer_stops_the_stage_at_its_start(project, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    with pytest.raises(FaceveilError, match="cannot be opened"), track("embed", SECTION):
        pytest.fail("the stage must not start")


SCRIPT = """
import sys
from faceveil.params.embed import Embed
from faceveil.tracking.run import track
with track("train_gan", Embed(batch_size=2, part_size=3), experiment=sys.argv[1]) as run:
    for step in range(300):
        run.metrics({"loss": step}, step=step)
"""


@pytest.mark.slow
def test_two_processes_share_a_store_that_neither_has_made(tmp_path):
    (tmp_path / "params.yaml").write_text("a: 1")
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("MLFLOW", "DVC"))}
    environment |= {"DVC_ROOT": str(tmp_path), "PYTHONPATH": str(ROOT / "src")}
    workers = [
        subprocess.Popen([sys.executable, "-c", SCRIPT, name], cwd=tmp_path, env=environment)
        for name in ("exp0", "exp1")
    ]
    assert [worker.wait(timeout=120) for worker in workers] == [0, 0]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DVC_ROOT", str(tmp_path))
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        client, found = runs()
        names = {run.info.run_name: run for run in found}
        assert {"exp0", "exp1"} < set(names)
        assert len(found) == 3
        for name in ("exp0", "exp1"):
            assert len(client.get_metric_history(names[name].info.run_id, "loss")) == 300


def test_a_store_that_fails_on_the_way_is_one_line(project, monkeypatch):
    def full(*args, **kwargs):
        raise MlflowException("database or disk is full")

    with (
        pytest.raises(
            FaceveilError, match=r"no longer takes what curate records \(database or disk"
        ),
        track("curate", SECTION) as run,
    ):
        monkeypatch.setattr(MlflowClient, "log_batch", full)
        run.metrics({"loss": 1.0})
        run.flush()


@pytest.mark.parametrize("name", ["it's", 'a"b', """both'"`%#ä""", "x' or ''='"])
def test_an_experiment_of_any_name_is_found_again(project, monkeypatch, name):
    ids = {}
    for called in (name, "other", name):
        monkeypatch.setenv("DVC_EXP_NAME", called)
        with track("train_gan", SECTION, experiment="exp0") as run:
            pass
        ids.setdefault(called, []).append(run.run_id)
    _, found = runs()
    tagged = [one for one in found if one.data.tags.get("dvc.exp_name") == name]
    assert len(tagged) == 2  # a parent, and the later of two children
    assert ids[name][1] in [one.info.run_id for one in tagged]


def test_recorded_settings_hold_no_login(project):
    secret = Curate(root="https://me:secret@host/photos?token=secret&size=3")
    with track("curate", secret) as run:
        pass
    told = runs()[0].get_run(run.run_id).data.params
    assert told["curate.root"] == "https://***@host/photos?token=***&size=3"
