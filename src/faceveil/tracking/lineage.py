"""Which run belongs to which: a parent per DVC experiment, a child per entry of `experiments`.

A run is found again by what it is about (tags), never by an id kept in an output: outputs stay
byte-identical from run to run, and a result restored from DVC's cache still finds its run.
"""

import hashlib
import os
import subprocess
from pathlib import Path

from mlflow import MlflowClient
from mlflow.entities import Run, ViewType

WORKSPACE = "workspace"
EXPERIMENT_TAG = "dvc.exp_name"
PARAMS_TAG = "faceveil.params"
NAME_TAG = "mlflow.runName"
PARENT_TAG = "mlflow.parentRunId"


def parent_run(client: MlflowClient, experiment_id: str, params: Path) -> Run:
    """Return the parent run of the DVC experiment that is running, made on first use.

    Outside of ``dvc exp run`` the experiment is called ``workspace``, and each content of
    params.yaml has its own parent, since the parameters of a run never change.
    """
    digest = hashlib.sha256(params.read_bytes()).hexdigest()[:16]
    tags = {EXPERIMENT_TAG: os.environ.get("DVC_EXP_NAME", WORKSPACE), PARAMS_TAG: digest}
    found = find_run(client, experiment_id, tags)
    name = f"{tags[EXPERIMENT_TAG]}-{digest[:6]}"
    return found or client.create_run(
        experiment_id, run_name=name, tags={**tags, **_revision(), "dvc.stage": "pipeline"}
    )


def child_run(client: MlflowClient, parent: Run, name: str, *, fresh: bool) -> Run:
    """Return the child ``name`` of ``parent``; a fresh one replaces an older of the same name."""
    tags = {PARENT_TAG: parent.info.run_id, NAME_TAG: name}
    found = find_run(client, parent.info.experiment_id, tags)
    if found and not fresh:
        return found
    if found:
        client.delete_run(found.info.run_id)
    inherited = {EXPERIMENT_TAG: parent.data.tags[EXPERIMENT_TAG], **_revision()}
    return client.create_run(parent.info.experiment_id, run_name=name, tags={**tags, **inherited})


def find_run(client: MlflowClient, experiment_id: str, tags: dict[str, str]) -> Run | None:
    """Return the latest run that has these tags, of which one at least holds no quote."""
    # MLflow's filters know no escape: what a filter cannot hold is compared here.
    said = {key: value for key, value in tags.items() if "'" not in value}
    query = " and ".join(f"tags.`{key}` = '{value}'" for key, value in said.items())
    order, page = ["attributes.start_time DESC"], ""
    while True:
        runs = client.search_runs(
            [experiment_id], query, ViewType.ACTIVE_ONLY, 100, order, page or None
        )
        found = next((run for run in runs if tags.items() <= run.data.tags.items()), None)
        page = runs.token or ""
        if found or not page:
            return found


def _revision() -> dict[str, str]:
    command = ["git", "rev-parse", "HEAD"]
    try:
        result = subprocess.run(command, capture_output=True, text=True, check=True, timeout=10)
    except (OSError, subprocess.SubprocessError):
        return {}
    return {"mlflow.source.git.commit": result.stdout.strip()}
