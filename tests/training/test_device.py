"""Tests of the choice of device."""

import pytest
import torch

from faceveil.params.errors import FaceveilError
from faceveil.training.device import pick_device


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
