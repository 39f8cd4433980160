"""Several ranks train as one process does, and end rather than wait for each other."""

import os
import subprocess
import sys
from dataclasses import replace

import pytest
import torch
from safetensors.torch import load_file

from faceveil.params.errors import FaceveilError
from faceveil.runtime import ranks as module
from faceveil.runtime.ranks import (
    LAUNCHER,
    LostRankError,
    Ranks,
    joined,
    own_device,
    present_ranks,
)
from tests.conftest import ROOT
from tests.runtime.rank_trainings import RUNS, TRANSLATIONS, train, translate

CPU, CUDA = torch.device("cpu"), torch.device("cuda")


@pytest.mark.parametrize("count", [1, 2, 3, 8])
@pytest.mark.parametrize("batch", [1, 2, 3, 7, 16])
def test_every_face_of_a_batch_is_played_by_one_rank(batch, count):
    shares = [Ranks(rank, count).share(batch) for rank in range(count)]
    played = [i for share in shares if share.faces for i in range(share.start, share.stop)]
    assert played == list(range(batch))
    assert sum(share.faces for share in shares) == batch
    assert max(s.faces for s in shares) - min(s.faces for s in shares) <= 1
    assert all(share.stop > share.start for share in shares)  # none is left without a face


def test_a_process_alone_joins_nothing_and_sums_nothing(monkeypatch):
    monkeypatch.delenv("RANK", raising=False)
    values = torch.tensor([1.0, 2.0])
    with joined(CPU) as device:
        alone = present_ranks()
    assert (device, alone) == (CPU, Ranks())
    assert alone.leads
    assert alone.total(values) is values
    parameter = torch.ones(2, requires_grad=True)
    parameter.grad = torch.ones(2)
    alone.average([parameter], 0.5)
    assert parameter.grad.tolist() == [1, 1]


@pytest.fixture(scope="module")
def together(tmp_path_factory):
    """Folder with the outcome of every training, done under torchrun by as many ranks as asked."""

    def start(count):
        folder = tmp_path_factory.mktemp(f"ranks{count}")
        torchrun = ["-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={count}"]
        command = [sys.executable, *torchrun, "-m", "tests.runtime.rank_trainings", str(folder)]
        path = os.pathsep.join([str(ROOT / "src"), str(ROOT)])
        subprocess.run(
            command,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1"},
            check=True,
            capture_output=True,
            timeout=240,
        )
        return folder

    return {count: start(count) for count in (2, 3)}


@pytest.mark.slow
@pytest.mark.parametrize("epochs", [1, 4])
@pytest.mark.parametrize("count", [2, 3])
@pytest.mark.parametrize("name", RUNS)
def test_ranks_equal_one_process_with_the_same_batches(
    together, name, count, epochs, tmp_path, monkeypatch
):
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    found = [
        load_file(together[count] / f"{name}-{epochs}-{rank}.safetensors") for rank in range(count)
    ]
    alone = train(name, epochs)
    assert found[0].keys() == alone.keys()
    for key, value in alone.items():
        torch.testing.assert_close(found[0][key], value, rtol=1e-5, atol=1e-5, msg=key)
        assert all(torch.equal(found[0][key], other[key]) for other in found[1:]), key


@pytest.mark.slow
@pytest.mark.parametrize("count", [2, 3])
@pytest.mark.parametrize("name", TRANSLATIONS)
def test_ranks_translate_as_one_process_does(together, name, count):
    """All ranks hold the same bytes, and lose what one process loses.

    Photos are compared loosely and weights not at all: where a gradient is hardly more than
    rounding, as of a bias before a norm by photo, Adam takes whole steps by it.
    """
    found = [load_file(together[count] / f"{name}-{rank}.safetensors") for rank in range(count)]
    alone, _ = translate(name)
    for key, value in alone.items():
        close = 1e-4 if key == "terms" else 0.03
        torch.testing.assert_close(found[0][key], value, rtol=close, atol=close, msg=key)
    for other in found[1:]:
        assert all(torch.equal(value, other[key]) for key, value in found[0].items())


def several(monkeypatch, all_reduce):
    monkeypatch.setattr(module.group, "all_reduce", all_reduce)
    monkeypatch.delenv(LAUNCHER, raising=False)
    return Ranks(rank=0, count=2)


def test_gradients_are_averaged_by_faces(monkeypatch):
    def add_other(values, op):  # the other rank's gradients, weighted already
        values += torch.tensor([3.0, 3.0, 6.0])

    ranks = several(monkeypatch, add_other)
    parameters = [torch.zeros(2, requires_grad=True), torch.zeros(1, 1, requires_grad=True)]
    still = torch.zeros(4, requires_grad=True)
    for parameter in parameters:
        parameter.grad = torch.full_like(parameter, 4.0)
    ranks.average([*parameters, still], weight=0.25)
    assert [p.grad.tolist() for p in parameters] == [[4, 4], [[7]]]
    assert still.grad is None


def test_a_lost_rank_is_no_stack_of_c_plus_plus(monkeypatch):
    def broken(values, op):
        raise RuntimeError("Connection closed by peer\nand more")

    ranks = several(monkeypatch, broken)
    with pytest.raises(LostRankError, match=r"another rank ended \(Connection closed by peer\)"):
        ranks.total(torch.zeros(1))


def test_a_full_gpu_is_not_taken_for_a_lost_rank(monkeypatch):
    def full(values, op):
        raise torch.OutOfMemoryError("out of memory")

    with pytest.raises(torch.OutOfMemoryError):
        several(monkeypatch, full).total(torch.zeros(1))


def test_ranks_end_with_what_started_them(monkeypatch):
    ranks = several(monkeypatch, lambda values, op: None)
    monkeypatch.setenv(LAUNCHER, str(os.getppid()))
    assert ranks.total(torch.ones(1)).item() == 1
    monkeypatch.setenv(LAUNCHER, str(os.getppid() + 1))
    with pytest.raises(LostRankError, match="is gone"):
        ranks.total(torch.ones(1))


def test_ranks_that_go_on_from_different_epochs_are_refused(monkeypatch):
    def highest(values, op):
        assert op == module.group.ReduceOp.MAX
        values.copy_(torch.maximum(values, torch.tensor([5, -5])))

    ranks = several(monkeypatch, highest)
    ranks.agree("epoch", 5, CPU)
    with pytest.raises(FaceveilError, match=r"rank 0 has epoch 3.*from 3 to 5.*one \.scratch"):
        ranks.agree("epoch", 3, CPU)
    replace(ranks, count=1).agree("epoch", 3, CPU)


def test_every_rank_takes_a_gpu_of_its_own(monkeypatch):
    taken = []
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "set_device", taken.append)
    assert own_device(CPU, 5) == CPU
    assert own_device(CUDA, 1) == torch.device("cuda", 1)
    assert taken == [torch.device("cuda", 1)]
    with pytest.raises(FaceveilError, match=r"2 GPUs here.*this is process 3.*at most 2"):
        own_device(CUDA, 2)
    with pytest.raises(FaceveilError, match="FACEVEIL_DEVICE is cuda:0"):
        own_device(torch.device("cuda:0"), 0)
