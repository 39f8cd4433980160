"""Tests of the choice of device."""

import pytest
import torch

from faceveil.params.errors import FaceveilError
from faceveil.runtime.device import arithmetic, autocast, pick_device


def test_the_environment_decides(monkeypatch):
    monkeypatch.setenv("FACEVEIL_DEVICE", "cpu")
    assert pick_device() == torch.device("cpu")


@pytest.mark.parametrize(("present", "expected"), [(True, "cuda"), (False, "cpu")])
def test_by_default_a_gpu_where_there_is_one(monkeypatch, present, expected):
    monkeypatch.delenv("FACEVEIL_DEVICE", raising=False)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: present)
    monkeypatch.setattr(torch, "empty", lambda *_, **__: None)
    assert pick_device().type == expected


@pytest.mark.parametrize("wanted", ["gpu", "cuda:99", "", " "])
def test_a_device_that_is_not_here_is_refused(monkeypatch, wanted):
    monkeypatch.setenv("FACEVEIL_DEVICE", wanted)
    if not wanted:
        assert pick_device().type in {"cpu", "cuda"}
        return
    with pytest.raises(FaceveilError, match=r"FACEVEIL_DEVICE: no device .*use cpu, cuda"):
        pick_device()


@pytest.mark.parametrize(
    ("instructions", "expected"),
    [
        ({"avx512_bf16": True}, torch.bfloat16),
        ({"amx_bf16": True}, torch.bfloat16),
        ({"avx2": True, "avx512_bf16": False}, torch.float32),
        ({}, torch.float32),
    ],
)
def test_auto_picks_half_precision_only_where_it_is_native(monkeypatch, instructions, expected):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: instructions)
    device = torch.device("cpu")
    assert arithmetic("auto", device) == expected
    assert arithmetic("float32", device) == torch.float32
    assert arithmetic("bfloat16", device) == torch.bfloat16


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_networks_compute_in_the_chosen_type(dtype):
    layer = torch.nn.Linear(2, 2)
    with autocast(dtype, torch.device("cpu")):
        assert layer(torch.ones(1, 2)).dtype == dtype
    assert layer.weight.dtype == torch.float32
