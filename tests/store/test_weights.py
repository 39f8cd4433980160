"""Weights carry their card and refuse a network they do not fit."""

import errno
from pathlib import Path

import pytest
import torch
from torch import nn

from faceveil.params.errors import FaceveilError
from faceveil.store.weights import fingerprint, read_card, read_weights, write_weights


def test_weights_and_card_come_back(tmp_path):
    path = tmp_path / "net.safetensors"
    source, target = nn.Linear(3, 2), nn.Linear(3, 2)
    write_weights(path, source, {"architecture": "linear", "measured": {"iou": 0.5}})
    assert read_weights(path, target) == {"architecture": "linear", "measured": {"iou": 0.5}}
    assert torch.equal(source.weight, target.weight)
    assert read_card(path)["architecture"] == "linear"


def test_the_same_weights_are_the_same_bytes(tmp_path):
    net = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2))
    for name in ("a", "b"):
        write_weights(tmp_path / name, net, {"one": 1, "two": 2, "three": 3})
    assert fingerprint(tmp_path / "a") == fingerprint(tmp_path / "b")


def test_a_full_disk_is_an_os_error_and_leaves_nothing(tmp_path, monkeypatch):
    def full(path, data):
        path.touch()
        raise OSError(errno.ENOSPC, "No space left on device", str(path))

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space left"):
        write_weights(tmp_path / "net.safetensors", nn.Linear(3, 2), {})
    assert list(tmp_path.iterdir()) == []


def test_half_precision_is_read_as_float32(tmp_path):
    path = tmp_path / "net.safetensors"
    write_weights(path, nn.Linear(3, 2).half(), {})
    net = nn.Linear(3, 2)
    read_weights(path, net)
    assert net.weight.dtype == torch.float32


@pytest.mark.parametrize(
    ("net", "message"),
    [
        (nn.Linear(4, 2), r"'weight' is \(2, 3\), the network needs \(2, 4\)"),
        (nn.Linear(3, 2, bias=False), "unknown tensor 'bias'"),
        (nn.Sequential(nn.Linear(3, 2)), "lacks tensor '0.bias'"),
    ],
)
def test_weights_of_another_network_are_refused_by_tensor(tmp_path, net, message):
    path = tmp_path / "net.safetensors"
    write_weights(path, nn.Linear(3, 2), {})
    with pytest.raises(FaceveilError, match=message):
        read_weights(path, net)


def test_a_missing_or_foreign_file_is_named(tmp_path):
    with pytest.raises(FaceveilError, match="no such weights"):
        read_card(tmp_path / "none.safetensors")
    with pytest.raises(FaceveilError, match="no such weights"):
        fingerprint(tmp_path / "none.safetensors")
    (tmp_path / "pickle.pt").write_bytes(b"\x80\x04K\x01.")
    with pytest.raises(FaceveilError, match="not a safetensors file"):
        read_card(tmp_path / "pickle.pt")
