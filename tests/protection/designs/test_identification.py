"""Searching in parts against the whole product."""

import pytest
import torch

from faceveil.protection.designs import identification as search
from faceveil.protection.designs.identification import (
    count_identified,
    identification_interval,
    identify,
    rank_1_accuracy,
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
def test_parts_find_as_the_whole_does(world, monkeypatch, enrolled, compared):
    head, probes, _, gallery = world
    monkeypatch.setattr(search, "ENROLLED_AT_ONCE", enrolled)
    monkeypatch.setattr(search, "COMPARED_AT_ONCE", compared)
    assert torch.equal(identify(head, probes, gallery), expected(head, probes, gallery))


def test_no_part_is_larger_than_said(world, monkeypatch):
    head, probes, labels, gallery = world
    passed = []
    head.register_forward_hook(lambda _, inputs, __: passed.append(len(inputs[0])))
    for name in ("PROBES_AT_ONCE", "ENROLLED_AT_ONCE", "COMPARED_AT_ONCE"):
        monkeypatch.setattr(search, name, 10)
    count_identified(head, probes, labels, gallery)
    assert max(passed) == 10


@pytest.mark.parametrize("faces", [1, 10, 8192])
def test_hits_are_those_found_as_themselves(world, monkeypatch, faces):
    head, probes, labels, gallery = world
    monkeypatch.setattr(search, "PROBES_AT_ONCE", faces)
    hits = int((expected(head, probes, gallery) == labels).sum())
    assert 0 < hits < PROBES
    assert count_identified(head, probes, labels, gallery) == hits
    assert rank_1_accuracy(head, probes, labels, gallery, Ranks()) == hits / PROBES


@pytest.mark.parametrize("probes_kept", [PROBES, 2])
def test_ranks_count_each_probe_once(world, monkeypatch, probes_kept):
    head, probes, labels, gallery = world
    probes, labels = probes[:probes_kept], labels[:probes_kept]
    counted = []
    monkeypatch.setattr(Ranks, "total", lambda self, hits: counted.append(int(hits)) or hits)
    for rank in range(3):
        rank_1_accuracy(head, probes, labels, gallery, Ranks(rank, 3))
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
def test_a_search_costs_as_much_per_face_however_many_are_enrolled(
    enrolled, batch_size, steps, between
):
    assert identification_interval(enrolled, batch_size, steps) == between
    if between > 1 and between < steps:
        assert 32 < enrolled / (between * batch_size) <= 64
