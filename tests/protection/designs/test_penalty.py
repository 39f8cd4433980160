"""Tests of the head's penalty."""

import pytest
import torch

from faceveil.protection.designs.penalty import head_penalty

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
def test_value(reduction, anchor, expected):
    assert head_penalty(WEIGHT, INITIAL, reduction, anchor).item() == pytest.approx(expected)


def test_published_term_outweighs_any_cross_entropy_and_the_sound_one_does_not():
    # Flaw 5 of the published code: 0.01 * sum |W| against a cross-entropy of at most 7.
    weight = torch.randn(512, 1792, generator=torch.Generator().manual_seed(0)) / 1792**0.5
    assert weight.numel() == 917_504
    assert 0.01 * head_penalty(weight, weight, "sum", "zero") > 10 * 7
    assert head_penalty(weight, weight, "mean", "initial") == 0
    assert 0.01 * head_penalty(2 * weight, weight, "mean", "initial") < 0.01


def test_gradient_draws_back_to_the_anchor():
    weight = WEIGHT.clone().requires_grad_()
    head_penalty(weight, INITIAL, "mean", "initial").backward()
    torch.testing.assert_close(weight.grad, torch.sign(WEIGHT - INITIAL) / 4)
