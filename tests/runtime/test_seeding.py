"""Tests of named streams of randomness."""

import random

import numpy as np
import torch

from faceveil.runtime.seeding import generator_for, seed_everything, seeded, stream_seed


def draw(*names):
    return torch.randn(4, generator=generator_for(*names)).tolist()


def test_a_stream_depends_on_seed_and_all_names_and_nothing_else():
    torch.manual_seed(0)
    first = draw(1, "latents", 2)
    torch.randn(10)
    assert draw(1, "latents", 2) == first
    others = [draw(2, "latents", 2), draw(1, "batches", 2), draw(1, "latents", 3), draw(1)]
    assert all(other != first for other in others)


def test_seeds_fit_every_generator():
    seeds = [stream_seed(seed, "a") for seed in range(100)]
    assert len(set(seeds)) == 100
    assert all(0 <= seed < 2**63 for seed in seeds)


def test_seeded_block_is_reproducible_and_leaves_no_trace():
    torch.manual_seed(0)
    expected = torch.randn(3)
    torch.manual_seed(0)
    drawn = []
    for _ in range(2):
        with seeded(7, "generator"):
            drawn.append(torch.randn(3))
    assert torch.equal(*drawn)
    assert torch.equal(torch.randn(3), expected)


def test_everything_is_seeded():
    draws = []
    for _ in range(2):
        seed_everything(11)
        draws.append((random.random(), np.random.rand(), torch.rand(1).item()))  # noqa: NPY002
    assert draws[0] == draws[1]
