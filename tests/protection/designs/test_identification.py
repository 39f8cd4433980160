"""Naming in parts against the whole product."""

import pytest
import torch

from faceveil.protection.designs import identification as naming
from faceveil.protection.designs.identification import (
    count_hits,
    named,
    share_of_hits,
    steps_between_calls,
)
from faceveil.runtime.ranks import Ranks
from tests.protection.designs.small_world import SmallRecognizer

PEOPLE, PROBES = 37, 101


@pytest.fixture
def world():
    """A head, probes near their own gallery rows, their labels and the gallery."""
    stream = torch.Generator().manual_seed(0)
    gallery = torch.randn(PEOPLE, 128, generator=stream)
    labels = torch.randint(PEOPLE, (PROBES,), generator=stream)
    probes = gallery[labels] + 1.5 * torch.randn(PROBES, 128, generator=stream)
    return SmallRecognizer().head.requires_grad_(False), probes, labels, gallery


def expected(head, probes, gallery):
    return (head(probes) @ head(gallery).T).argmax(1)


@pytest.mark.parametrize("enrolled", [1, 5, 37, 8192])
@pytest.mark.parametrize("compared", [1, 10, 1024])
def test_parts_name_as_the_whole_does(world, monkeypatch, enrolled, compared):
    head, probes, _, gallery = world
    monkeypatch.setattr(naming, "ENROLLED", enrolled)
    monkeypatch.setattr(naming, "COMPARED", compared)
    assert torch.equal(named(head, probes, gallery), expected(head, probes, gallery))


def test_no_part_is_larger_than_said(world, monkeypatch):
    head, probes, labels, gallery = world
    passed = []
    head.register_forward_hook(lambda _, inputs, __: passed.append(len(inputs[0])))
    for name in ("FACES", "ENROLLED", "COMPARED"):
        monkeypatch.setattr(naming, name, 10)
    count_hits(head, probes, labels, gallery)
    assert max(passed) == 10


@pytest.mark.parametrize("faces", [1, 10, 8192])
def test_hits_are_those_named_as_themselves(world, monkeypatch, faces):
    head, probes, labels, gallery = world
    monkeypatch.setattr(naming, "FACES", faces)
    hits = int((expected(head, probes, gallery) == labels).sum())
    assert 0 < hits < PROBES
    assert count_hits(head, probes, labels, gallery) == hits
    assert share_of_hits(head, probes, labels, gallery, Ranks()) == hits / PROBES


@pytest.mark.parametrize("probes_kept", [PROBES, 2])
def test_ranks_count_each_probe_once(world, monkeypatch, probes_kept):
    head, probes, labels, gallery = world
    probes, labels = probes[:probes_kept], labels[:probes_kept]
    counted = []
    monkeypatch.setattr(Ranks, "total", lambda self, hits: counted.append(int(hits)) or hits)
    for rank in range(3):
        share_of_hits(head, probes, labels, gallery, Ranks(rank, 3))
    assert sum(counted) == int((expected(head, probes, gallery) == labels).sum())


@pytest.mark.parametrize(
    ("enrolled", "batch_size", "steps", "between"),
    [
        (160, 16, 8, 1),
        (1024, 16, 8, 1),
        (1025, 16, 80, 2),
        (67_049, 64, 1048, 17),
        (100_000_000, 1024, 97_657, 1526),
        (100_000, 2, 3, 3),
    ],
)
def test_naming_costs_as_much_per_face_however_many_are_enrolled(
    enrolled, batch_size, steps, between
):
    assert steps_between_calls(enrolled, batch_size, steps) == between
    if between > 1 and between < steps:
        assert 32 < enrolled / (between * batch_size) <= 64
