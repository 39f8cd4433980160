"""The stage ``adapt``: photos of people in designs in, heads that learned from them out."""

from pathlib import Path

import pytest
import torch

from faceveil.recognition.recognizer import open_recognizer
from faceveil.store.weights import read_weights
from tests.stages.declared import change_params, change_roles, enter, files, refused, run, succeed

OUTPUTS = [f"{training}/{count}.safetensors" for training in (0, 1) for count in (1, 4)]


@pytest.fixture
def at(worn_world, here):
    return lambda without="": enter(worn_world, "adapt", "exp1", without)


def target_head():
    return open_recognizer(Path("models/recognizers/facenet"), torch.device("cpu")).head


def test_a_head_is_written_for_each_training_and_number_of_photos(at):
    at()
    [out] = succeed("adapt", "exp1")
    found = sorted(path.relative_to(out).as_posix() for path in out.rglob("*.safetensors"))
    assert found == OUTPUTS
    original = target_head()
    heads = [target_head() for _ in OUTPUTS]
    for head, place in zip(heads, OUTPUTS, strict=True):
        read_weights(out / place, head)
        assert not torch.equal(head.weight, original.weight)
        for name, value in original.state_dict().items():  # the weight alone learns
            assert name == "weight" or torch.equal(head.state_dict()[name], value)
    assert len({tuple(head.weight.flatten().tolist()) for head in heads}) == len(OUTPUTS)


def test_a_second_run_writes_the_same_bytes(at):
    at()
    written = []
    for _ in range(2):
        [out] = succeed("adapt", "exp1")
        written.append([(out / place).read_bytes() for place in OUTPUTS])
    assert written[0] == written[1]


def test_an_interrupted_run_leaves_no_half_folder(at, monkeypatch):
    at()
    before, written = files(), []

    def interrupt(path, *_):
        written.append(path.name)
        if len(written) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr("faceveil.evaluation.adaptation.write_weights", interrupt)
    assert run("adapt", "exp1").exit_code == 130
    assert len(written) == 3
    assert files() == before
    assert not any(Path("models/adapted").iterdir())


def test_people_are_learned_by_their_role_in_the_protocol(at):
    at()
    [out] = succeed("adapt", "exp1")
    before = [(out / place).read_bytes() for place in OUTPUTS]
    change_roles({"00004": "train"})  # was held out: now one more to tell apart
    succeed("adapt", "exp1")
    assert all(
        (out / place).read_bytes() != old for place, old in zip(OUTPUTS, before, strict=True)
    )
    for path in out.rglob("*.safetensors"):
        path.unlink()
    change_roles({"00000": "test"})  # but is on the labelled photos
    assert "learn from a photo of '00000', who is no training person" in refused("adapt", "exp1")


@pytest.mark.parametrize(
    ("missing", "line"),
    [
        ("data/protocol", "data/protocol/enrollments.csv: no protocol here"),
        (
            "data/embeddings/bare",
            "data/embeddings/bare/facenet/unmasked: no embeddings here; "
            "run `dvc repro embed@facenet`",
        ),
        (
            "data/embeddings/exp1",
            "data/embeddings/exp1/facenet: no embeddings here; "
            "run `dvc repro embed_protected@exp1` or `dvc repro embed_designs@exp1`",
        ),
        (
            "models/recognizers",
            "models/recognizers/facenet/card.json: no such card; "
            "run `dvc repro prepare_recognizer@facenet`",
        ),
        ("models/gan", "models/gan/exp1: no training here; run `dvc repro train@exp1` first"),
    ],
)
def test_a_missing_input_is_one_line(at, missing, line):
    at(without=missing)
    said = refused("adapt", "exp1")
    assert said.startswith(f"adapt: {line}")
    assert "run `dvc repro" in said


def test_more_photos_than_are_made_are_refused_at_once(at):
    at()
    change_params(adapt={"photos": [1, 5]})
    assert "adapt.photos asks for 5 photos, protect.learn_photos makes 4" in refused(
        "adapt", "exp1"
    )
