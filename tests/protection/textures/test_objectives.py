"""Objectives against numbers worked out by hand, and against torch's own sums."""

import pytest
import torch

from faceveil.protection.textures.objectives import (
    Evaded,
    false_matches,
    mean_pairwise_cosine,
    own_cosine,
    total_variation,
)

TWO = (
    Evaded(None, torch.eye(3), threshold=0.5, nonmated=0.1),
    Evaded(None, torch.eye(3), threshold=0.9, nonmated=0.7),
)
LABELS = torch.tensor([0, 2])
COSINES = (
    torch.tensor([[0.4, 0.6, -0.2], [0.1, 0.2, 0.8]]),
    torch.tensor([[0.8, 0.95, 0.0], [0.1, 0.2, 0.6]]),
)


def test_own_cosines_are_in_units_of_a_match_and_weigh_the_same():
    found = own_cosine(TWO, COSINES, LABELS)
    wanted = [(0.4 / 0.4 + 0.8 / 0.2) / 2, (0.8 / 0.4 + 0.6 / 0.2) / 2]
    assert found.tolist() == pytest.approx(wanted)


def test_other_templates_change_no_likeness():
    changed = [one.clone() for one in COSINES]
    for one in changed:
        one[0, 1] = -1.0
    assert torch.equal(own_cosine(TWO, changed, LABELS), own_cosine(TWO, COSINES, LABELS))


def test_a_false_match_is_somebody_elses_template_at_the_threshold():
    assert false_matches(TWO, COSINES, LABELS).tolist() == [1.0, 0.0]


def test_ones_own_template_is_no_false_match():
    own = torch.tensor([[0.99, 0.0, 0.0], [0.0, 0.0, 0.99]])
    assert false_matches(TWO, (own, own), LABELS).tolist() == [0.0, 0.0]


def test_total_variation_is_the_mean_step_each_way():
    texture = torch.rand(2, 3, 5, 7)
    down = texture.diff(dim=2).abs().flatten(1).mean(1)
    across = texture.diff(dim=3).abs().flatten(1).mean(1)
    assert torch.allclose(total_variation(texture), down + across)


def test_one_colour_has_no_variation():
    assert total_variation(torch.full((1, 3, 8, 8), 0.3)).item() == 0


def test_the_mean_pairwise_cosine_is_that_of_all_pairs_and_pushes_them_apart():
    vectors = torch.randn(5, 7, generator=torch.Generator().manual_seed(2)).requires_grad_()
    pairs = [(a, b) for a in range(5) for b in range(a)]
    wanted = [torch.cosine_similarity(vectors[a], vectors[b], dim=0) for a, b in pairs]
    found = mean_pairwise_cosine(vectors)
    assert found.item() == pytest.approx(torch.stack(wanted).mean().item(), abs=1e-6)
    (gradient,) = torch.autograd.grad(found, vectors)
    assert mean_pairwise_cosine((vectors - gradient).detach()) < found


def test_one_vector_has_no_pair():
    assert mean_pairwise_cosine(torch.eye(3)[[0, 0]]).item() == pytest.approx(1)
    with pytest.raises(ValueError, match="two vectors or more, not 1"):
        mean_pairwise_cosine(torch.ones(1, 3))
