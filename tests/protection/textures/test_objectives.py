"""Objectives against numbers worked out by hand, and against torch's own sums."""

import pytest
import torch
from torch.nn import functional

from faceveil.protection.textures.objectives import (
    Evaded,
    false_matches,
    harm,
    own_cosine,
    strangers_likeness,
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


def test_harm_is_how_far_the_nearest_other_person_is_above_a_match():
    wanted = [((0.6 - 0.5) / 0.4 + (0.95 - 0.9) / 0.2) / 2, 0.0]
    assert harm(TWO, COSINES, LABELS, margin=0).tolist() == pytest.approx(wanted)


def test_harm_may_begin_below_a_match_in_units_of_a_match():
    first = ((0.6 - 0.5) / 0.4 + 0.8 + (0.95 - 0.9) / 0.2 + 0.8) / 2
    second = ((0.2 - 0.5) / 0.4 + 0.8 + 0) / 2  # the other's 0.2 is far below 0.9: harmless
    found = harm(TWO, COSINES, LABELS, margin=0.8)
    assert found.tolist() == pytest.approx([first, second])


def test_total_variation_is_the_mean_step_each_way():
    texture = torch.rand(2, 3, 5, 7)
    down = texture.diff(dim=2).abs().flatten(1).mean(1)
    across = texture.diff(dim=3).abs().flatten(1).mean(1)
    assert torch.allclose(total_variation(texture), down + across)


def test_one_colour_has_no_variation():
    assert total_variation(torch.full((1, 3, 8, 8), 0.3)).item() == 0


def test_strangers_likeness_is_the_mean_over_pairs_of_different_people():
    draw = torch.Generator().manual_seed(2)
    seen = [functional.normalize(torch.randn(5, 3, generator=draw), dim=1) for _ in TWO]
    labels = [0, 1, 1, 2, 0]
    found = strangers_likeness(TWO, seen, torch.tensor(labels), seen, torch.tensor(labels))
    for photo in range(5):
        others = [k for k in range(5) if labels[k] != labels[photo]]
        means = [
            sum(
                max(0.0, (float(vectors[photo] @ vectors[k]) - one.nonmated))
                ** 2 / (one.threshold - one.nonmated) ** 2
                for k in others
            ) / len(others)
            for one, vectors in zip(TWO, seen, strict=True)
        ]  # fmt: skip
        assert found[photo].item() == pytest.approx(sum(means) / 2, rel=1e-5)


def test_one_person_alone_has_no_strangers():
    same = torch.zeros(3, dtype=torch.int64)
    seen = [torch.eye(3), torch.eye(3)]
    assert strangers_likeness(TWO, seen, same, seen, same).tolist() == [0, 0, 0]
