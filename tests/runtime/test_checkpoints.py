"""Tests of checkpoints: whole, found again by their inputs, and complete."""

import errno
from pathlib import Path

import pytest
import torch

from faceveil.params.errors import FaceveilError
from faceveil.runtime.checkpoints import (
    Checkpoint,
    nested,
    optimizer_tensors,
    restore_optimizer,
    scratch_checkpoint,
    unnested,
)

TENSORS = {"a/weight": torch.randn(3, 2), "b": torch.tensor(7.0)}
RECORD = {"curves": [{"loss": 0.1 + 0.2}], "epoch": 3}


def test_what_is_saved_is_loaded_to_the_last_bit(tmp_path):
    checkpoint = Checkpoint(tmp_path / "run" / "checkpoint.safetensors")
    assert checkpoint.load() is None
    checkpoint.save(TENSORS, RECORD)
    tensors, record = checkpoint.load()
    assert record == RECORD
    assert tensors.keys() == TENSORS.keys()
    assert all(torch.equal(tensors[name], TENSORS[name]) for name in TENSORS)
    checkpoint.delete()
    assert checkpoint.load() is None
    assert not checkpoint.path.parent.exists()


def test_an_interrupted_write_keeps_the_older_checkpoint(tmp_path, monkeypatch):
    checkpoint = Checkpoint(tmp_path / "checkpoint.safetensors")
    checkpoint.save(TENSORS, RECORD)

    def disk_is_full(path, data):
        path.write_text("half")
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", disk_is_full)
        with pytest.raises(OSError, match="No space"):
            checkpoint.save(TENSORS, {})
    assert checkpoint.load()[1] == RECORD
    assert list(tmp_path.iterdir()) == [checkpoint.path]


@pytest.mark.parametrize("content", [b"", b"not safetensors", None])
def test_a_damaged_checkpoint_says_what_to_do(tmp_path, content):
    checkpoint = Checkpoint(tmp_path / "checkpoint.safetensors")
    checkpoint.save(TENSORS, RECORD)
    whole = checkpoint.path.read_bytes()
    checkpoint.path.write_bytes(whole[:-5] if content is None else content)
    with pytest.raises(FaceveilError, match=r"damaged checkpoint .* delete it"):
        checkpoint.load()


def test_deleting_leaves_what_another_run_is_writing(tmp_path):
    checkpoint = Checkpoint(tmp_path / "checkpoint.safetensors")
    checkpoint.save(TENSORS, RECORD)
    other = tmp_path / ".checkpoint.1.partial.safetensors"
    other.write_bytes(b"half")
    checkpoint.delete()
    assert other.exists()


def test_place_depends_on_every_input_but_not_on_their_order(tmp_path, monkeypatch):
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    one = scratch_checkpoint("train_gan", {"gan": {"epochs": 3, "seed": 1}, "recognizer": "ab"})
    same = scratch_checkpoint("train_gan", {"recognizer": "ab", "gan": {"seed": 1, "epochs": 3}})
    assert one == same
    assert one.path.parent.parent == tmp_path / ".scratch"
    assert one.path.parent.name.startswith("train_gan-")
    for other in (
        {"gan": {"epochs": 4, "seed": 1}, "recognizer": "ab"},
        {"gan": {"epochs": 3, "seed": 1}, "recognizer": "ac"},
    ):
        assert scratch_checkpoint("train_gan", other) != one


def test_without_dvc_the_scratch_folder_is_here(tmp_path, monkeypatch):
    monkeypatch.delenv("DVC_ROOT", raising=False)
    monkeypatch.chdir(tmp_path)
    assert scratch_checkpoint("s", {}).path.is_relative_to(tmp_path / ".scratch")


def test_an_optimizer_goes_on_as_if_never_stopped():
    weights = [torch.nn.Parameter(torch.ones(3)), torch.nn.Parameter(torch.zeros(2))]
    stopped = [torch.nn.Parameter(w.detach().clone()) for w in weights]

    def steps(parameters, optimizer, count):
        for _ in range(count):
            optimizer.zero_grad()
            sum(((p - 3) ** 4).sum() for p in parameters).backward()
            optimizer.step()

    optimizer = torch.optim.Adam(weights, lr=0.1)
    steps(weights, optimizer, 5)
    first = torch.optim.Adam(stopped, lr=0.1)
    steps(stopped, first, 2)
    second = torch.optim.Adam(stopped, lr=0.1)
    restore_optimizer(second, optimizer_tensors(first))
    steps(stopped, second, 3)
    assert all(torch.equal(a, b) for a, b in zip(weights, stopped, strict=True))


def test_names_nest_and_unnest():
    packed = {**nested("a", {"x": torch.ones(1)}), **nested("ab", {"x": torch.zeros(1)})}
    assert set(packed) == {"a/x", "ab/x"}
    assert unnested("a", packed) == {"x": packed["a/x"]}
