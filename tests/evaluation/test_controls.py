"""The patterns that designs are compared with."""

import pytest
import torch

from faceveil.evaluation.controls import (
    PLEATS,
    all_outfits,
    flat_design,
    noise_designs,
    sample_designs,
    surgical_design,
)
from faceveil.evaluation.protocol import CONTROLS
from faceveil.models.generators import build_generator


@pytest.fixture
def generator():
    torch.manual_seed(3)
    return build_generator("mlp", 100, 32).eval()


def test_everything_is_worn_once_per_row_of_the_table(generator, settings):
    outfits = all_outfits(generator, "mlp", settings)
    assert [outfit.wears for outfit in outfits] == ["generated", *CONTROLS]
    for outfit in outfits:
        assert outfit.designs.shape[1:] == (3, 32, 32)
        assert 0 <= outfit.designs.min() <= outfit.designs.max() <= 1
    assert outfits[0].per_subject == {"train": 2, "test": 3}


def test_fewer_designs_than_a_training_person_may_wear_are_all_worn(generator, settings):
    few = settings.model_copy(update={"designs": 1})
    assert all_outfits(generator, "mlp", few)[0].per_subject == {"train": 1, "test": 1}


def test_the_same_seed_draws_the_same(generator, settings):
    once, again = (all_outfits(generator, "mlp", settings) for _ in range(2))
    other = all_outfits(generator, "mlp", settings.model_copy(update={"seed": 2}))
    for a, b, c in zip(once, again, other, strict=True):
        assert torch.equal(a.designs, b.designs)
        assert torch.equal(a.designs, c.designs) == (a.wears in ("surgical", "grey", "black"))


def test_no_draw_depends_on_what_was_drawn_before(generator, settings):
    first = sample_designs(generator, settings)
    torch.rand(5)
    assert torch.equal(first, sample_designs(generator, settings))


def test_the_untrained_generator_draws_something_near_grey(generator, settings):
    untrained = all_outfits(generator, "mlp", settings)[-1].designs
    assert (untrained - 0.5).abs().max() < 0.2
    assert untrained.std() > 0


def test_designs_carry_no_gradient(generator, settings):
    assert not any(o.designs.requires_grad for o in all_outfits(generator, "mlp", settings))


def test_the_surgical_mask_is_pale_blue_and_has_pleats():
    design = surgical_design(128)[0]
    red, green, blue = design.mean(dim=(1, 2))
    assert 0.5 < red < green < blue < 1
    # An abrupt rise in brightness from one line to the next is the edge of a fold.
    steps = design[2, :, 0].diff()
    assert (steps > 0.05).sum() == PLEATS
    assert torch.equal(design, design[:, :, :1].expand_as(design))


def test_flat_and_noise():
    assert flat_design(0.5, 4).unique().tolist() == [0.5]
    noise = noise_designs(2, 64, torch.Generator().manual_seed(0))
    assert noise.mean() == pytest.approx(0.5, abs=0.01)
    assert noise.std() == pytest.approx(12**-0.5, abs=0.01)
    assert not torch.equal(noise[0], noise[1])
