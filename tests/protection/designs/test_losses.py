"""Tests of loss and penalty against their formulas and gradients."""

import pytest
import torch

from faceveil.protection.designs.losses import head_penalty, recognition_loss

SCALE = 12.0
LABELS = torch.tensor([2, 0, 4])


def cosines(seed=0, people=5):
    stream = torch.Generator().manual_seed(seed)
    return 2 * torch.rand(3, people, generator=stream, dtype=torch.float64) - 1


@pytest.mark.parametrize("seed", range(3))
def test_value_and_gradient_are_those_of_the_formula(seed):
    ours, theirs = (cosines(seed).requires_grad_() for _ in range(2))
    loss = recognition_loss(ours, LABELS, SCALE)
    weights = torch.exp(SCALE * theirs)
    expected = -torch.log(weights[range(3), LABELS] / weights.sum(1)).mean()
    loss.backward()
    expected.backward()
    torch.testing.assert_close(loss, expected)
    torch.testing.assert_close(ours.grad, theirs.grad)


def test_gradient_agrees_with_finite_differences():
    torch.autograd.gradcheck(
        lambda c: recognition_loss(c, LABELS, SCALE), cosines().requires_grad_()
    )


def test_less_like_oneself_is_better_for_the_generator():
    recognized = cosines()
    recognized[range(3), LABELS] = 0.9
    hidden = recognized.clone()
    hidden[range(3), LABELS] = 0.2
    assert recognition_loss(hidden, LABELS, SCALE) > recognition_loss(recognized, LABELS, SCALE)


def test_the_most_similar_wrong_person_weighs_most():
    # Flaw 4 of the published code: with distances in place of similarities it weighed least.
    values = torch.tensor([[0.5, 0.4, -0.2, 0.1]], requires_grad=True)
    recognition_loss(values, torch.tensor([0]), SCALE).backward()
    pushed = values.grad[0, 1:]
    assert pushed.argmax() == 0
    assert pushed.argmin() == 1
    assert values.grad[0, 0] < 0


def test_scaled_cosines_are_scaled_squared_distances_up_to_a_constant():
    stream = torch.Generator().manual_seed(0)
    probes, gallery = (
        torch.nn.functional.normalize(torch.randn(n, 6, generator=stream, dtype=torch.float64))
        for n in (3, 5)
    )
    distances = torch.cdist(probes, gallery) ** 2
    expected = torch.nn.functional.cross_entropy(-SCALE / 2 * distances, LABELS)
    torch.testing.assert_close(recognition_loss(probes @ gallery.T, LABELS, SCALE), expected)


INITIAL = torch.tensor([[1.0, -2.0], [0.5, 0.0]])
WEIGHT = torch.tensor([[1.5, -2.0], [0.0, -1.0]])


@pytest.mark.parametrize(
    ("reduction", "anchor", "expected"),
    [
        ("mean", "initial", 2.0 / 4),
        ("sum", "initial", 2.0),
        ("mean", "zero", 4.5 / 4),
        ("sum", "zero", 4.5),
    ],
)
def test_the_penalty_is_that_of_its_formula(reduction, anchor, expected):
    assert head_penalty(WEIGHT, INITIAL, reduction, anchor).item() == pytest.approx(expected)


def test_published_term_outweighs_any_cross_entropy_and_the_sound_one_does_not():
    # Flaw 5 of the published code: 0.01 * sum |W| against a cross-entropy of at most 7.
    weight = torch.randn(512, 1792, generator=torch.Generator().manual_seed(0)) / 1792**0.5
    assert weight.numel() == 917_504
    assert 0.01 * head_penalty(weight, weight, "sum", "zero") > 10 * 7
    assert head_penalty(weight, weight, "mean", "initial") == 0
    assert 0.01 * head_penalty(2 * weight, weight, "mean", "initial") < 0.01


def test_the_penaltys_gradient_draws_back_to_the_anchor():
    weight = WEIGHT.clone().requires_grad_()
    head_penalty(weight, INITIAL, "mean", "initial").backward()
    torch.testing.assert_close(weight.grad, torch.sign(WEIGHT - INITIAL) / 4)
