"""Tests of putting a design on a photo."""

import pytest
import torch

from faceveil.wearing.composition import in_turn, wear


def random(*shape, seed=0):
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed))


def test_worn_is_face_times_one_minus_a_plus_design_times_a():
    faces, designs, a = random(2, 3, 4, 4), random(2, 3, 4, 4, seed=1), random(2, 1, 4, 4, seed=2)
    worn = wear(faces, a, designs)
    torch.testing.assert_close(worn, faces * (1 - a) + designs * a)
    assert worn.min() >= 0
    assert worn.max() <= 1


def test_nothing_changes_outside_the_mask_and_only_the_design_shows_inside():
    faces, designs = random(1, 3, 4, 4), random(1, 3, 4, 4, seed=1)
    a = torch.zeros(1, 1, 4, 4)
    a[..., 2:, :] = 1
    worn = wear(faces, a, designs)
    assert torch.equal(worn[..., :2, :], faces[..., :2, :])
    torch.testing.assert_close(worn[..., 2:, :], designs[..., 2:, :])


def test_gradient_of_the_design_is_the_transparency():
    designs, a = random(1, 3, 4, 4).requires_grad_(), random(1, 1, 4, 4, seed=2)
    wear(random(1, 3, 4, 4, seed=1), a, designs).sum().backward()
    torch.testing.assert_close(designs.grad, a.expand(1, 3, 4, 4))


@pytest.mark.parametrize(
    ("faces", "transparency", "designs"),
    [
        ((2, 3, 4, 4), (2, 1, 4, 4), (1, 3, 4, 4)),  # one design is not silently worn by all
        ((2, 3, 4, 4), (1, 1, 4, 4), (2, 3, 4, 4)),
        ((2, 3, 4, 4), (2, 3, 4, 4), (2, 3, 4, 4)),
        ((2, 3, 4, 4), (2, 1, 8, 8), (2, 3, 4, 4)),
        ((2, 1, 4, 4), (2, 1, 4, 4), (2, 1, 4, 4)),
    ],
)
def test_shapes_that_do_not_fit_are_refused(faces, transparency, designs):
    with pytest.raises(ValueError, match=r"must be|cannot wear"):
        wear(random(*faces), random(*transparency), random(*designs))


@pytest.mark.parametrize(
    ("designs", "faces", "expected"),
    [(3, 7, [0, 1, 2, 0, 1, 2, 0]), (2, 2, [0, 1]), (5, 2, [0, 1]), (1, 3, [0, 0, 0])],
)
def test_designs_are_dealt_in_turn(designs, faces, expected):
    cards = torch.arange(designs)[:, None, None, None].expand(designs, 3, 2, 2)
    assert in_turn(cards, faces)[:, 0, 0, 0].tolist() == expected
