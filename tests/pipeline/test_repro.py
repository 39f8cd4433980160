"""``dvc repro``, ``dvc exp run`` and what they leave behind, in a repository of its own."""

import json
import random
import re
import shlex
import time
from contextlib import suppress

import pandas as pd
import psutil
import pytest
from ruamel.yaml import YAML

from faceveil.evaluation.results import read_results
from tests.conftest import ROOT
from tests.recognition.tiny_onnx import write_embedder

pytestmark = pytest.mark.slow

EXPERIMENTS = ["exp1", "universal", "varied", "personal"]
OWN = ("train", "protect_designs", "embed_designs", "adapt")
"""Stages of an experiment alone."""
COMPARE = ("calibrate", "find_faces", "evaluate", "report")
"""Stages that compare all that is worn."""


def stages_run(output: str) -> list[str]:
    return re.findall(r"Running stage '([^']+)'", output)


def stages_of(experiment: str) -> list[str]:
    """What runs for one experiment, before all are compared."""
    return [f"{stage}@{experiment}" for stage in OWN]


@pytest.fixture(scope="module")
def reproduced(repository):
    output = repository.run("dvc", "repro")
    repository.commit("Reproduce")
    return repository, output


def edit(repository, change):
    yaml = YAML()
    path = repository.path / "params.yaml"
    document = yaml.load(path)
    change(document)
    yaml.dump(document, path)


def test_every_stage_runs_and_the_table_has_every_experiment(reproduced):
    repository, output = reproduced
    ran = stages_run(output)
    for name in EXPERIMENTS:
        assert {*stages_of(name), *COMPARE} <= set(ran)
    assert (repository.path / "report/index.html").is_file()
    assert ran[-1] == "report"
    table = read_results(repository.path / "metrics")
    assert set(EXPERIMENTS) <= set(table["protection"])
    shown = pd.read_csv(repository.path / "metrics/accuracy_table.csv")
    assert list(shown.columns)[1:] == EXPERIMENTS


def test_a_second_repro_does_nothing(reproduced):
    repository, _ = reproduced
    assert stages_run(repository.run("dvc", "repro")) == []


def test_git_holds_metrics_and_no_artifact(reproduced):
    repository, _ = reproduced
    tracked = repository.run("git", "ls-files").splitlines()
    assert "metrics/accuracy_table.csv" in tracked
    outputs = [name for name in tracked if name.startswith(("data/", "models/", "figures/"))]
    assert sorted(outputs) == [
        "data/README.md",
        "data/weights/README.md",
        "figures/README.md",
        "models/README.md",
    ]
    weights = [name for name in tracked if name.endswith((".npy", ".parquet", ".safetensors"))]
    assert weights == ["metrics/results.parquet"]
    assert repository.run("git", "status", "--porcelain") == ""


def test_outputs_hold_no_pickle_and_no_half_written_file(reproduced):
    repository, _ = reproduced
    suffixes = {
        path.suffix for top in ("models", "data") for path in (repository.path / top).rglob("*.*")
    }
    assert not suffixes & {".pt", ".pth", ".pkl", ".bin"}
    assert list(repository.path.rglob("*.partial*")) == []


def test_mlflow_has_a_parent_and_a_child_for_each_experiment_with_keys_of_its_method(reproduced):
    repository, _ = reproduced
    script = (
        "import json; from faceveil.tracking.store import open_store\n"
        "client, experiment = open_store()\n"
        "print(json.dumps([[r.info.run_name, r.info.status, r.data.tags.get('mlflow.parentRunId'),"
        " sorted(r.data.params), sorted(r.data.metrics), r.info.run_id]"
        " for r in client.search_runs([experiment])]))"
    )
    runs = json.loads(repository.run("python", "-c", script).splitlines()[-1])
    parents = [run for run in runs if run[2] is None]
    children = {run[0]: run for run in runs if run[2]}
    assert len(parents) == 1
    assert sorted(children) == sorted(EXPERIMENTS)
    assert {run[1] for run in runs} == {"FINISHED"}
    assert {run[2] for run in children.values()} == {parents[0][5]}
    assert children["varied"][3] == children["personal"][3]
    method = {name: {key.partition(".")[0] for key in children[name][3]} for name in EXPERIMENTS}
    assert "train_gan" in method["exp1"] - method["universal"]
    assert "train_texture" in method["universal"] - method["exp1"]
    assert "train_generator" in method["varied"] & method["personal"] - method["universal"]
    shared = "generated_train_accuracy/1"  # of the second training, whatever is trained
    assert all(shared in children[name][4] for name in EXPERIMENTS)
    assert any(key.startswith("lift_rank_1/") for key in parents[0][4])


def block(guide, language):
    """The first code block of a guide."""
    text = (ROOT / "docs" / guide).read_text(encoding="utf-8")
    return re.search(rf"```{language}\n(.*?)```", text, re.S).group(1)


@pytest.fixture
def edited(reproduced):
    """The reproduced repository, as it was again afterwards."""
    repository, _ = reproduced
    yield repository
    repository.run("git", "checkout", "-q", ".")
    repository.run("git", "clean", "-fdq", "src")
    repository.run("dvc", "checkout", "-q", "dvc.yaml")  # of unmasking nothing ran


def test_what_is_edited_and_what_is_new_runs_and_then_all_is_compared(edited):
    """One experiment is edited, one is new, and so is a protection, as its guide has it."""
    method = edited.path / "src/faceveil/protection/methods/soft.py"
    method.write_text(block("adding-a-protection.md", "python"))
    entry = YAML(typ="safe").load(block("adding-a-protection.md", "yaml"))["protections"]
    edit(edited, lambda document: document["protections"].update(entry))
    changes = (
        "experiments.exp1.recognizer_learns_from=[masked]",
        "+experiments.exp4={method: gan, recognizer_learns_from: []}",
    )
    output = edited.run("dvc", "exp", "run", "-n", "swept", *(f"-S{one}" for one in changes))
    own = [*stages_of("exp1"), *stages_of("exp4"), "protect@soft", "embed_protected@soft"]
    assert sorted(stages_run(output)) == sorted([*own, *COMPARE])
    assert "swept" in edited.run("dvc", "exp", "show", "--csv", "--no-pager")
    table = read_results(edited.path / "metrics")
    ranked = table.loc[table["metric"] == "rank_1", "protection"]
    assert {"exp1", "exp4", "soft"} <= set(ranked)


def test_the_guide_to_a_recognizer_leads_to_embeddings(edited):
    (judge,) = YAML(typ="safe").load(block("adding-a-recognizer.md", "yaml"))["recognizers"].items()
    name, entry = judge
    weights = edited.path / entry["weights"]
    weights.parent.mkdir(parents=True, exist_ok=True)
    write_embedder(weights, ("batch", 3, 112, 112))
    mine = {"check": "curated", "check_pairs": 4, "expected_accuracy": 0.0}
    edit(edited, lambda document: document["recognizers"].update({name: entry | mine}))
    ran = stages_run(edited.run("dvc", "repro", f"embed@{name}"))
    assert ran == ["given_weights", f"prepare_recognizer@{name}", f"embed@{name}"]
    assert list((edited.path / "data/embeddings/bare" / name / "masked").glob("*.parquet"))


QUEUED = (
    "+experiments.exp5={method: gan, recognizer_learns_from: [masked], train_gan: {epochs: 25}}"
)
"""Training that lasts long enough to be killed in it."""


def queue(repository, name):
    """Queue an experiment that trains generators, and start a worker in the background."""
    repository.run("dvc", "exp", "run", "--queue", "-n", name, "-S", QUEUED, "train@exp5")
    # The worker would hold a pipe open, and whoever reads it would wait for the worker.
    repository.run("sh", "-c", "dvc queue start -j 1 > queue.log 2>&1")


def until(condition):
    """Wait until something holds."""
    end = time.monotonic() + 600
    while not condition():
        assert time.monotonic() < end, "nothing happened"
        time.sleep(0.05)


def kill_all_in(folder):
    """Kill the worker, the experiment and its stage, in whatever they are doing."""
    for process in psutil.process_iter(["cwd"]):
        if (process.info["cwd"] or "").startswith(str(folder)):
            with suppress(psutil.NoSuchProcess):
                process.kill()


def written(repository, name):
    """Return the hashes of all that the training of an experiment wrote."""
    pattern = f"refs/exps/*/*/{name}"
    commit = repository.run("git", "for-each-ref", "--format=%(objectname)", pattern).strip()
    lock = YAML(typ="safe").load(repository.run("git", "show", f"{commit}:dvc.lock"))
    return {out["path"]: out["md5"] for out in lock["stages"]["train@exp5"]["outs"]}


def test_a_killed_queued_experiment_goes_on_when_it_is_queued_again(reproduced):
    repository, _ = reproduced
    scratch = repository.path / ".scratch"
    queue(repository, "killed")
    until(lambda: list(scratch.glob("train_gan-*/checkpoint.safetensors")))
    time.sleep(random.Random(2021).uniform(0, 1))
    kill_all_in(repository.path)
    unfinished = list(scratch.glob("train_gan-*/checkpoint.safetensors"))
    assert unfinished
    queue(repository, "again")
    until(lambda: "again" in repository.run("dvc", "exp", "list"))
    assert not [path for path in unfinished if path.exists()]
    temporary = ("dvc", "exp", "run", "--temp", "-f", "-s", "-n", "undisturbed")
    assert "Running stage 'train@exp5'" in repository.run(*temporary, "-S", QUEUED, "train@exp5")
    assert "killed" not in repository.run("dvc", "exp", "list")
    assert written(repository, "again") == written(repository, "undisturbed")
    assert len(written(repository, "again")) == 3


def test_metrics_and_plots_can_be_read(reproduced):
    repository, _ = reproduced
    metrics = json.loads(repository.run("dvc", "metrics", "show", "--json"))
    assert "lift_rank_1/facenet" in json.dumps(metrics)
    repository.run("dvc", "plots", "show", "-o", "plots")
    page = (repository.path / "plots" / "index.html").read_text()
    assert "accuracy" in page


@pytest.mark.parametrize(
    ("change", "command", "message"),
    [
        (lambda d: d["embed"].update(batch_sice=4), "embed", "batch_sice"),
        (lambda d: d["curate"].update(people=900), "curate", "are 903 together"),
        (lambda d: d["curate"].update(root="data/nowhere"), "curate", "data/nowhere"),
        (
            lambda d: d["recognizers"]["facenet"].update(weights="a.pt"),
            "prepare_recognizer",
            "a.pt",
        ),
    ],
    ids=["unknown key", "too few people", "missing root", "missing weights"],
)
def test_bad_input_is_one_line_and_loses_nothing(reproduced, change, command, message):
    repository, _ = reproduced
    before = {p: p.stat().st_mtime_ns for p in repository.path.joinpath("data").rglob("*.*")}
    edit(repository, change)
    stage = YAML(typ="safe").load(repository.path / "dvc.yaml")["stages"][command]
    root = YAML(typ="safe").load(repository.path / "params.yaml")["curate"]["root"]
    cmd = stage.get("do", stage)["cmd"].replace("${key}", "facenet")
    words = shlex.split(cmd.replace("${curate.root}", root))
    output = repository.run(*words, check=False)
    repository.run("git", "checkout", "-q", "params.yaml")
    assert message in output.splitlines()[-1]
    assert output.splitlines()[-1].startswith(f"{command}: ")
    assert "Traceback" not in output
    assert {
        p: p.stat().st_mtime_ns for p in repository.path.joinpath("data").rglob("*.*")
    } == before
