"""Children for results that DVC restored from its cache: no stage ran, so no run was opened.

``dvc repro`` and ``dvc exp run`` skip a training whose inputs are known. Its numbers are in the
report all the same, so its parent run gets a child for it: a copy of the run that trained these
very weights, or, where that run is not in this store, the measured accuracies.
"""

from collections.abc import Mapping
from pathlib import Path

from mlflow import MlflowClient
from mlflow.entities import Param, Run

from faceveil.tracking.lineage import NAME_TAG, child_run, find_run, parent_run
from faceveil.tracking.run import Recorder, batches
from faceveil.tracking.store import locked, open_store

WEIGHTS_TAG = "faceveil.weights"
"""SHA-256 of the generator or the textures that a child run trained."""

SOURCE_TAG = "faceveil.restored_from"


def restore_child(name: str, weights: str, accuracies: Mapping[str, float]) -> str:
    """Make sure that the parent run has a finished child ``name`` for these weights.

    Returns:
        The id of the child run.
    """
    client, experiment_id = open_store()
    with locked():
        parent = parent_run(client, experiment_id, Path("params.yaml"))
        child = child_run(client, parent, name, fresh=False)
        trained = child.data.tags.get(WEIGHTS_TAG)
        if trained == weights:
            return str(child.info.run_id)
        if trained is not None:
            child = child_run(client, parent, name, fresh=True)
    source = find_run(client, experiment_id, {WEIGHTS_TAG: weights, NAME_TAG: name})
    client.set_tag(child.info.run_id, WEIGHTS_TAG, weights)
    if source is not None:
        _copy(client, source, child)
    recorder = Recorder(client, child.info.run_id, name)
    recorder.metrics(accuracies)
    recorder.flush()
    client.set_terminated(child.info.run_id, "FINISHED")
    return str(child.info.run_id)


def _copy(client: MlflowClient, source: Run, target: Run) -> None:
    """Copy what the target lacks, parameters and whole curves, and say where it comes from."""
    run_id, known = target.info.run_id, target.data
    client.set_tag(run_id, SOURCE_TAG, source.info.run_id)
    lacking = {key: v for key, v in source.data.params.items() if key not in known.params}
    client.log_batch(run_id, params=[Param(key, value) for key, value in lacking.items()])
    for key in set(source.data.metrics) - set(known.metrics):
        for batch in batches(client.get_metric_history(source.info.run_id, key)):
            client.log_batch(run_id, metrics=batch)
