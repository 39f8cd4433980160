"""Lengths along the head against sums of their own, and known places."""

import numpy as np
import pytest

from faceveil.masks.gaiter import LID
from faceveil.printing.worn_lengths import (
    GAITER,
    lengths_across,
    lengths_down,
    mean_across,
    on_head,
)
from faceveil.rendering.mask_coordinates import CHIN, HALF_WIDTH

MIDDLE, ALL = np.zeros(1), np.ones(1)


def test_the_mask_goes_from_the_nose_to_under_the_chin():
    nose, chin = on_head(MIDDLE, np.array([0.0, 1.0]))
    assert nose[:2].tolist() == [0, 15]
    assert chin[:2].tolist() == [0, CHIN + 5]
    assert nose[2] > chin[2], "the tent over the nose stands out"
    assert on_head(ALL, MIDDLE)[0, 0] == HALF_WIDTH


def test_a_gaiter_begins_level_with_the_lower_lids():
    assert np.unique(on_head(np.linspace(-1, 1, 9), MIDDLE, GAITER)[:, 1]).tolist() == [LID]


def test_lengths_are_longer_than_from_the_front_and_converged():
    for u in (0.0, 0.4, 1.0):
        v = np.linspace(0, 1, 4001)
        steps = np.diff(on_head(np.full(1, u), v), axis=0)
        length = lengths_down(np.array([u]), ALL)[0, 0]
        assert length == pytest.approx(np.linalg.norm(steps, axis=1).sum(), abs=0.03)
        assert length > np.abs(steps[:, 1]).sum()


def test_both_sides_are_alike_and_ordered():
    u = np.linspace(-1, 1, 21)
    lengths = lengths_across(u, np.array([0.0, 0.5, 1.0]))
    assert lengths == pytest.approx(-lengths[:, ::-1])
    assert (np.diff(lengths, axis=1) > 0).all()
    assert lengths[:, 0] == pytest.approx([-83.0, -90.5, -93.8], abs=0.1)
    assert (np.diff(mean_across(u)) > 0).all()
