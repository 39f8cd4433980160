"""A replaced file of weights makes DVC prepare its recognizer again, and no other."""

import json

import pytest
from ruamel.yaml import YAML

from tests.recognition.tiny_onnx import write_embedder

pytestmark = pytest.mark.slow

NAMES = ("given", "sface")
STAGES = [f"prepare_recognizer@{name}" for name in NAMES]


def changed(repository):
    """Repeat the stage of the digests; return which recognizers would be prepared again."""
    repository.run("dvc", "repro", "given_weights")
    return set(json.loads(repository.run("dvc", "status", "--json", *STAGES))) & set(STAGES)


def test_replaced_weights_are_noticed_and_those_of_others_are_not(repository):
    weights = write_embedder(repository.path / "data/weights/judge.onnx")
    params, yaml = repository.path / "params.yaml", YAML()
    document = yaml.load(params)
    onnx = {"role": "judge", "weights": "data/weights/judge.onnx", "architecture": "onnx"}
    document["recognizers"]["given"] = {**onnx, "input_size": 32}
    yaml.dump(document, params)
    repository.run("dvc", "repro", "given_weights")
    (repository.path / "data/curated").mkdir()
    for name in NAMES:  # as if they had been prepared
        (repository.path / "models/recognizers" / name).mkdir(parents=True)
        metrics = repository.path / f"metrics/recognizers/{name}.json"
        metrics.parent.mkdir(parents=True, exist_ok=True)
        metrics.write_text("{}")
    repository.run("dvc", "commit", "-f", *STAGES)
    assert changed(repository) == set()
    weights.write_bytes(weights.read_bytes() + b"\x00")
    assert changed(repository) == {"prepare_recognizer@given"}
    # In a copy of the project, as `dvc exp run --temp` makes one, the file is not there.
    repository.run("dvc", "commit", "-f", *STAGES)
    weights.unlink()
    assert changed(repository) == set()
