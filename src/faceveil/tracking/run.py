"""Recording a stage: its parameters, metrics, pictures, weights, tables and data sets."""

import hashlib
import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
from mlflow import MlflowClient
from mlflow.entities import Dataset, DatasetInput, Metric, Param
from mlflow.exceptions import MlflowException
from PIL import Image
from pydantic import BaseModel

from faceveil.params.errors import FaceveilError, reason_of, without_login
from faceveil.tracking.lineage import child_run, parent_run
from faceveil.tracking.store import locked, open_store, tracking_place

TRAININGS = ("train_gan", "train_texture", "train_generator")
"""Stages that begin the run of an experiment."""

BATCH = 500
"""Metrics sent at once; MLflow takes up to 1,000."""


class Recorder:
    """What a stage may tell about itself; one open MLflow run."""

    def __init__(self, client: MlflowClient, run_id: str, prefix: str) -> None:
        self._client = client
        self.run_id = run_id
        self._prefix = prefix
        self._metrics: list[Metric] = []

    def metrics(self, values: Mapping[str, float], step: int | None = None) -> None:
        """Record numbers by name, at a step of a curve or once; sent in batches."""
        now = int(time.time() * 1000)
        self._metrics += [Metric(k, float(v), now, step or 0) for k, v in values.items()]
        if len(self._metrics) >= BATCH:
            self.flush()

    def flush(self) -> None:
        """Send the buffered metrics."""
        for batch in batches(self._metrics):
            self._client.log_batch(self.run_id, metrics=batch)
        self._metrics = []

    def tag(self, key: str, value: str) -> None:
        """Set a tag that a run is found by."""
        self._client.set_tag(self.run_id, key, value)

    def parameters(self, section: BaseModel) -> None:
        """Record the values of a section as ``stage.key``, without logins."""
        flat = _flat(section.model_dump(mode="json"), self._prefix)
        values = [Param(key, without_login(str(value))[:6000]) for key, value in flat.items()]
        self._client.log_batch(self.run_id, params=values)

    def image(self, path: Path, key: str, step: int) -> None:
        """Record a picture of a series, shown by step in the UI."""
        # The asynchronous upload once hung a process at its exit.
        with Image.open(path) as picture:
            self._client.log_image(self.run_id, picture, key=key, step=step, synchronous=True)

    def figure(self, path: Path) -> None:
        """Record a picture under ``figures/``."""
        self._client.log_artifact(self.run_id, str(path), "figures")

    def artifact(self, path: Path, folder: str | None = None) -> None:
        """Record a file: weights, a card, a table; in a folder where a name occurs twice."""
        self._client.log_artifact(self.run_id, str(path), folder)

    def table(self, frame: pd.DataFrame, name: str) -> None:
        """Record a table that the UI shows; it replaces an older one of the same name."""
        file = f"{name}.json"
        if any(item.path == file for item in self._client.list_artifacts(self.run_id)):
            content = frame.to_dict(orient="split", index=False)
            self._client.log_dict(self.run_id, content, file)
        else:
            self._client.log_table(self.run_id, frame, file)

    def dataset(self, name: str, path: Path) -> None:
        """Record the data set that a Parquet file describes, with the file's digest."""
        digest = hashlib.sha256(path.read_bytes()).hexdigest()[:32]
        source = json.dumps({"uri": path.as_posix()})
        profile = json.dumps({"num_rows": pq.read_metadata(path).num_rows})
        data = Dataset(name, digest, source_type="local", source=source, profile=profile)
        self._client.log_inputs(self.run_id, datasets=[DatasetInput(data, tags=[])])


def batches(metrics: list[Metric]) -> Iterator[list[Metric]]:
    """Yield metrics in portions that MLflow takes at once."""
    for start in range(0, len(metrics), BATCH):
        yield metrics[start : start + BATCH]


@contextmanager
def track(stage: str, params: BaseModel, experiment: str | None = None) -> Iterator[Recorder]:
    """Open the run of a stage and close it with the state in which the block ended.

    Stages of the whole pipeline record on the parent run, the stages of an experiment on its child.
    Training starts its child anew; a later stage goes on in it.
    """
    try:
        with _recording(stage, params, experiment) as recorder:
            yield recorder
    except MlflowException as error:
        raise FaceveilError(
            f"{tracking_place()}: no longer takes what {stage} records ({reason_of(error)}); look "
            "at its disk and its log, then run the same command again"
        ) from error


@contextmanager
def _recording(stage: str, params: BaseModel, experiment: str | None) -> Iterator[Recorder]:
    client, experiment_id = open_store()
    with locked():
        run = parent_run(client, experiment_id, Path("params.yaml"))
        if experiment is not None:
            run = child_run(client, run, experiment, fresh=stage in TRAININGS)
    recorder = Recorder(client, run.info.run_id, stage)
    client.update_run(recorder.run_id, status="RUNNING")
    status = "FAILED"
    try:
        recorder.parameters(params)
        yield recorder
        status = "FINISHED"
    except KeyboardInterrupt:
        status = "KILLED"
        raise
    finally:
        recorder.flush()
        client.set_terminated(recorder.run_id, status)


def _flat(values: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    """Flatten nested settings to dotted keys, and lists to words joined by a plus."""
    flat: dict[str, Any] = {}
    for key, value in values.items():
        name = f"{prefix}.{key}"
        if isinstance(value, dict):
            flat |= _flat(value, name)
        else:
            flat[name] = " + ".join(map(str, value)) or "none" if isinstance(value, list) else value
    return flat
