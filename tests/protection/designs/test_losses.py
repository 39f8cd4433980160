"""Tests of losses and penalty against their formulas, their gradients and each other."""

import pytest
import torch

from faceveil.protection.designs.losses import build_objective, head_penalty, recognition_loss

SCALE, MARGIN = 12.0, 2.0
NAMES = ("cross_entropy", "non_saturating", "margin", "cosine")
LABELS = torch.tensor([2, 0, 4])


def cosines(seed=0, people=5):
    stream = torch.Generator().manual_seed(seed)
    return 2 * torch.rand(3, people, generator=stream, dtype=torch.float64) - 1


def plain_formula(name, values):
    """One probe after the other, in plain words."""
    losses = []
    for row, own in zip(values, LABELS.tolist(), strict=True):
        weights = torch.exp(SCALE * row)
        share = weights[own] / weights.sum()
        others = torch.cat([row[:own], row[own + 1 :]])
        losses.append(
            {
                "cross_entropy": torch.log(share),
                "non_saturating": -torch.log(1 - share),
                "margin": torch.clamp(SCALE * (row[own] - others.max()) + MARGIN, min=0),
                "cosine": row[own],
            }[name]
        )
    return torch.stack(losses).mean()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("seed", range(3))
def test_value_and_gradient_are_those_of_the_formula(name, seed):
    ours, theirs = (cosines(seed).requires_grad_() for _ in range(2))
    loss = build_objective(name, SCALE, MARGIN)(ours, LABELS)
    expected = plain_formula(name, theirs)
    loss.backward()
    expected.backward()
    torch.testing.assert_close(loss, expected)
    torch.testing.assert_close(ours.grad, theirs.grad)


@pytest.mark.parametrize("name", NAMES)
def test_gradient_agrees_with_finite_differences(name):
    objective = build_objective(name, SCALE, MARGIN)
    torch.autograd.gradcheck(lambda c: objective(c, LABELS), cosines().requires_grad_())


@pytest.mark.parametrize("name", NAMES)
def test_less_like_oneself_is_better_for_the_generator(name):
    objective, recognized = build_objective(name, SCALE, MARGIN), cosines()
    recognized[range(3), LABELS] = 0.9
    hidden = recognized.clone()
    hidden[range(3), LABELS] = 0.2
    assert objective(hidden, LABELS) < objective(recognized, LABELS)


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


def test_non_saturating_stays_finite_where_a_probability_rounds_to_one():
    values = torch.tensor([[1.0, -1.0, -1.0]], requires_grad=True)
    loss = build_objective("non_saturating", 100.0, 0.0)(values, torch.tensor([0]))
    loss.backward()
    assert loss.item() == pytest.approx(200 - torch.log(torch.tensor(2.0)).item())
    assert values.grad.isfinite().all()


def test_cosine_needs_nobody_else():
    own = cosines()[:, :1]
    assert build_objective("cosine", SCALE, MARGIN)(own, torch.zeros(3, dtype=torch.int64)) == (
        own.mean()
    )


def test_margin_is_content_once_another_person_is_that_much_nearer():
    values = torch.tensor([[0.1, 0.1 + MARGIN / SCALE + 0.01, 0.0]], requires_grad=True)
    loss = build_objective("margin", SCALE, MARGIN)(values, torch.tensor([0]))
    loss.backward()
    assert loss == 0
    assert not values.grad.any()


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
