"""Distances between sets of features, against SciPy and against torchmetrics."""

import numpy as np
import pytest
import torch
from scipy.linalg import sqrtm
from torchmetrics.image.kid import KernelInceptionDistance

from faceveil.metrics.distributions import _Given, frechet_distance, kernel_distance

DRAW = np.random.default_rng(1)
ONE = DRAW.normal(0, 1, (40, 6)).astype(np.float32)
OTHER = (DRAW.normal(0.5, 1.5, (50, 6)) @ DRAW.normal(0, 0.6, (6, 6))).astype(np.float32)
PEOPLE = np.array([f"a{n // 2}" for n in range(40)]), np.array([f"b{n // 2}" for n in range(50)])


def test_the_frechet_distance_is_the_formula():
    means = ONE.mean(0) - OTHER.mean(0)
    covariances = [np.cov(one.astype(np.float64), rowvar=False) for one in (ONE, OTHER)]
    root = sqrtm(covariances[0] @ covariances[1]).real
    wanted = means @ means + np.trace(covariances[0] + covariances[1] - 2 * root)
    assert frechet_distance(ONE, OTHER) == pytest.approx(wanted, rel=1e-4)
    assert frechet_distance(OTHER, ONE) == pytest.approx(wanted, rel=1e-4)
    assert frechet_distance(ONE, ONE) == pytest.approx(0, abs=1e-4)


def test_the_kernel_distance_is_that_of_torchmetrics():
    other = OTHER[:40]
    reference = KernelInceptionDistance(feature=_Given(6), subsets=1, subset_size=40)
    reference.update(torch.from_numpy(ONE), real=True)
    reference.update(torch.from_numpy(other), real=False)
    alone = np.arange(40).astype(str), np.arange(40, 80).astype(str)
    value, _ = kernel_distance(ONE, other, alone)
    assert value == pytest.approx(float(reference.compute()[0]), rel=1e-4)


def test_the_order_of_rows_changes_nothing():
    order = DRAW.permutation(40)
    found = kernel_distance(ONE, OTHER, PEOPLE)
    again = kernel_distance(ONE[order], OTHER, (PEOPLE[0][order], PEOPLE[1]))
    assert found[0] == pytest.approx(again[0])
    assert found[1] == pytest.approx(again[1])
    assert found[1].low < found[0] < found[1].high


def test_intervals_of_sets_that_are_alike_hold_nought_as_often_as_they_say():
    held = 0
    for number in range(200):
        draw = np.random.default_rng(number)
        one, other = (draw.normal(0, 1, (30, 4)).astype(np.float32) for _ in range(2))
        names = np.arange(30).astype(str), np.arange(30, 60).astype(str)
        _, interval = kernel_distance(one, other, names, resamples=200, seed=number)
        held += interval.low <= 0 <= interval.high
    assert held >= 180


def test_photos_of_one_person_are_drawn_together():
    alike, many = np.repeat(ONE[:10], 4, axis=0), DRAW.normal(0, 1, (300, 6)).astype(np.float32)
    others = np.array([f"other{number}" for number in range(300)])
    apart, together = np.arange(40).astype(str), np.repeat(np.arange(10).astype(str), 4)
    wide, narrow = (kernel_distance(alike, many, (one, others))[1] for one in (together, apart))
    assert wide.high - wide.low > 1.3 * (narrow.high - narrow.low)


def test_the_same_people_in_both_sets_are_no_likeness():
    """What is hardly changed is far from nothing, and not nearer than that."""
    held = []
    for number in range(100):
        draw = np.random.default_rng(number)
        one = draw.normal(0, 1, (60, 32)).astype(np.float32)
        names = np.arange(60).astype(str)
        value, interval = kernel_distance(one, one + 0.01, (names, names), 0.95, 200)
        assert interval.low <= value <= interval.high
        held.append(value)
    assert abs(np.mean(held)) < 2 * np.std(held) / 10 + 1e-3


def test_too_few_photos_and_people_are_refused():
    with pytest.raises(ValueError, match="1 and 50 photos: a distance needs two of each"):
        frechet_distance(ONE[:1], OTHER)
    with pytest.raises(ValueError, match="1 person in a set: a distance needs two"):
        kernel_distance(ONE[:2], OTHER, (PEOPLE[0][:2], PEOPLE[1]))


def test_sets_that_are_the_same_are_at_no_distance():
    for number in range(20):
        same = np.random.default_rng(number).normal(0, 1, (30, 64)).astype(np.float32)
        assert 0 <= frechet_distance(same, same) < 1e-2
