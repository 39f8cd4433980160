"""The patterns that designs are compared with."""

import numpy as np
import pandas as pd
import pytest
import torch

from faceveil.evaluation.controls import (
    PLEATS,
    fill_wardrobe,
    flat_design,
    mean_colours,
    noise_designs,
    other_faces,
    sample_designs,
    shuffled_designs,
    surgical_design,
)
from faceveil.evaluation.rows import CONTROLS, assign_designs
from faceveil.params.errors import FaceveilError
from faceveil.protection.designs.generators import build_generator
from faceveil.store.faces import PackedFaces


def unmasked(training: int, held_out: int = 2, size: int = 32) -> PackedFaces:
    """Photos in one shade each, which is the number of the person; people come in no order."""
    numbers = np.random.default_rng(0).permutation(training + held_out)
    rows = pd.DataFrame(
        {
            "subject_id": [f"{number:05d}" for number in numbers],
            "image_id": [f"{number:05d}" for number in numbers],
            "split": ["train" if number < training else "test" for number in numbers],
        }
    )
    pixels = np.broadcast_to(numbers[:, None, None, None], (len(numbers), size, size, 3))
    return PackedFaces(pixels.astype(np.uint8), rows)


UNMASKED = unmasked(5)


@pytest.fixture
def generator():
    torch.manual_seed(3)
    return build_generator("mlp", 100, 32).eval()


def test_everything_is_worn_once_per_row_of_the_table(generator, settings):
    outfits = fill_wardrobe(generator, "mlp", UNMASKED, settings).outfits
    assert [outfit.wears for outfit in outfits] == ["generated", *CONTROLS]
    for outfit in outfits:
        assert outfit.designs.shape[1:] == (3, 32, 32)
        assert 0 <= outfit.designs.min() <= outfit.designs.max() <= 1
    assert outfits[0].per_subject == {"train": 2, "test": 3}


def test_fewer_designs_than_a_training_person_may_wear_are_all_worn(generator, settings):
    few = settings.model_copy(update={"designs": 1})
    assert fill_wardrobe(generator, "mlp", UNMASKED, few).outfits[0].per_subject == {
        "train": 1,
        "test": 1,
    }


def test_the_same_seed_draws_the_same(generator, settings):
    once, again = (fill_wardrobe(generator, "mlp", UNMASKED, settings).outfits for _ in range(2))
    other = fill_wardrobe(
        generator, "mlp", UNMASKED, settings.model_copy(update={"seed": 2})
    ).outfits
    for a, b, c in zip(once, again, other, strict=True):
        assert torch.equal(a.designs, b.designs)
        unseeded = a.wears in ("surgical", "grey", "black", "white", "other_face")
        assert torch.equal(a.designs, c.designs) == unseeded


def test_no_draw_depends_on_what_was_drawn_before(generator, settings):
    first = sample_designs(generator, settings)
    torch.rand(5)
    assert torch.equal(first, sample_designs(generator, settings))


def test_the_untrained_generator_draws_something_near_grey(generator, settings):
    untrained = fill_wardrobe(generator, "mlp", UNMASKED, settings).outfits[-1].designs
    assert (untrained - 0.5).abs().max() < 0.2
    assert untrained.std() > 0


def test_designs_carry_no_gradient(generator, settings):
    assert not any(
        o.designs.requires_grad for o in fill_wardrobe(generator, "mlp", UNMASKED, settings).outfits
    )


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


def test_a_mean_colour_is_all_that_is_left_of_a_design():
    designs = torch.rand(3, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    flat = mean_colours(designs)
    assert flat.shape == designs.shape
    assert flat[1, 2].unique().item() == pytest.approx(designs[1, 2].mean().item())


def test_shuffling_keeps_the_colours_and_moves_the_pixels():
    designs = torch.rand(3, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    once, again = (shuffled_designs(designs, torch.Generator().manual_seed(1)) for _ in range(2))
    assert torch.equal(once, again)
    for before, after in zip(designs, once, strict=True):
        assert not torch.equal(before, after)
        colours = [sorted(map(tuple, one.flatten(1).T.tolist())) for one in (before, after)]
        assert colours[0] == colours[1]


@pytest.mark.parametrize("training", [2, 3, 5, 16, 17])
@pytest.mark.parametrize("count", [1, 2, 5, 16])
def test_nobody_wears_their_own_face(training: int, count: int):
    faces = unmasked(training, held_out=6)
    worn = (255 * other_faces(faces, count)[:, 0, 0, 0]).round().int().tolist()
    assert len(worn) == min(max(count, 2), training)
    assert set(worn) <= set(range(training))
    for of_split in ("train", "test"):
        ids = faces.rows.loc[faces.rows["split"] == of_split, "subject_id"].to_numpy(dtype=np.str_)
        for subject, (design,) in assign_designs(ids, len(worn), 1).items():
            assert int(subject) != worn[design]


def test_one_training_person_has_nobody_elses_face():
    with pytest.raises(FaceveilError, match="needs 2 training people, found 1"):
        other_faces(unmasked(1), 3)
