"""Under which conditions photos are judged: who, how often, in which design."""

import numpy as np
import pandas as pd
import pytest
import torch

from faceveil.params.errors import FaceveilError
from faceveil.params.protect import Protect
from faceveil.params.read import validate
from faceveil.protection.base import Draw, Photos
from faceveil.protection.conditions import ALONE, conditions_of, repeated
from faceveil.protection.methods.design import Design
from faceveil.protection.methods.flat import Flat
from faceveil.protection.methods.mean_colour import MeanColour
from faceveil.protection.methods.plain import Plain
from faceveil.protection.methods.untrained import Untrained
from faceveil.store.photos import FLAT
from faceveil.wearing.capture import captured
from faceveil.wearing.texture import wear_texture

SETTINGS = Protect(seed=5)
IDS = ["00007_1_Mask", "00003_1_Mask", "00009_1_Mask"]
SIZE = 24


def worn(trainings=3, each=1, protocols=("other_photo", "same_photo")) -> pd.DataFrame:
    """Flat photos of two held-out people and one who trains, in designs of every training."""
    rows = [
        (who, f"{who}_{protocol}", role, protocol, training * 10 + step, training)
        for who, role in (("a", "test"), ("b", "test"), ("c", "train"))
        for protocol in protocols
        for training in range(trainings)
        for step in range(each)
    ]
    names = ["subject_id", "image_id", "role", "protocol", "variant", "training"]
    return pd.DataFrame(rows, columns=names)


def test_held_out_people_alone_on_other_photos_where_there_are_any():
    found = repeated(worn(), 4)
    assert set(found["subject_id"]) == {"a", "b"}
    assert set(found["protocol"]) == {"other_photo"}
    assert set(repeated(worn(protocols=["same_photo"]), 4)["protocol"]) == {"same_photo"}


@pytest.mark.parametrize(("trainings", "each"), [(1, 1), (3, 1), (3, 2), (5, 1)])
def test_each_photo_has_each_draw_once_in_the_design_of_a_training_in_turn(trainings, each):
    found = repeated(worn(trainings, each), 8)
    drawn = found[found["condition"].str.isdecimal()]
    number = drawn["condition"].astype(int)
    assert drawn.groupby("image_id")["condition"].nunique().to_dict() == {
        "a_other_photo": 8, "b_other_photo": 8
    }  # fmt: skip
    assert len(drawn) == 2 * 8
    assert (drawn["training"] == number % trainings).all()
    flat = worn(trainings, each)
    assert set(drawn["variant"]) == set(flat["variant"].unique()[: 8 * each])


def test_what_changes_one_thing_is_tried_on_every_flat_photo():
    found, flat = repeated(worn(3, 2), 1), worn(3, 2, ["other_photo"])
    for name in ALONE:
        own = found[found["condition"] == name].sort_values(["image_id", "variant"])
        expected = flat[flat["role"] == "test"]
        assert own[list(flat.columns)].to_numpy().tolist() == expected.to_numpy().tolist()


def test_the_order_of_photos_changes_nothing():
    once, again = (repeated(flat, 4) for flat in (worn(), worn()[::-1]))
    by = ["condition", "image_id", "variant"]
    pd.testing.assert_frame_equal(
        once.sort_values(by, ignore_index=True), again.sort_values(by, ignore_index=True)
    )


def test_without_draws_nothing_is_repeated():
    assert len(repeated(worn(), 0)) == 0


def test_flat_is_no_condition():
    assert conditions_of(FLAT, IDS, SETTINGS) is None


@pytest.mark.parametrize("condition", ["0", "7", *ALONE])
def test_a_photo_has_its_own_condition_whoever_is_beside_it(condition):
    every = conditions_of(condition, IDS, SETTINGS)
    for place, name in enumerate(IDS):
        alone = conditions_of(condition, [name], SETTINGS)
        for field in vars(alone):
            torch.testing.assert_close(
                getattr(alone, field)[0], getattr(every, field)[place],
                rtol=0, atol=0, equal_nan=True,
            )  # fmt: skip


def test_draws_differ_between_photos_numbers_and_seeds():
    gains = [
        conditions_of(number, IDS, Protect(seed=seed)).light_gain.tolist()
        for number, seed in (("0", 5), ("1", 5), ("0", 6))
    ]
    assert len({gain for one in gains for gain in one}) == 9


def test_what_changes_one_thing_changes_nothing_else():
    jpeg, blurred = (conditions_of(name, IDS, SETTINGS) for name in ("jpeg", "blurred"))
    assert jpeg.jpeg_quality.tolist() == [30] * 3
    assert blurred.blur.tolist() == pytest.approx([0.015] * 3)
    for field in set(vars(jpeg)) - {"jpeg_quality", "blur"}:
        assert torch.equal(getattr(jpeg, field), getattr(blurred, field))
    assert torch.isnan(blurred.jpeg_quality).all()
    assert not jpeg.blur.any()


@pytest.fixture
def photos() -> Photos:
    stream = torch.Generator().manual_seed(3)
    images = torch.rand(3, 3, SIZE, SIZE, generator=stream)
    alpha = torch.zeros(3, 1, SIZE, SIZE)
    alpha[:, :, SIZE // 2 :] = 1
    across = torch.linspace(-1, 1, SIZE).expand(SIZE, SIZE)
    down = torch.linspace(-1, 1, SIZE)[:, None].expand(SIZE, SIZE)
    where = torch.stack([across, down, torch.full_like(across, 0.9)]).expand(3, -1, -1, -1)
    return Photos(images, np.array(["a", "b", "c"]), np.array(IDS), alpha, where)


def draw(condition="0", variants=(0, 0, 0)) -> Draw:
    return Draw(5, np.array(variants), conditions_of(condition, IDS, SETTINGS))


def designs(method, placement="mask"):
    """Two textures, in place of what a folder holds."""
    found = method(method.Settings())
    found.placement, found.drawn = placement, torch.rand(2, 3, 9, 12)
    return found


def test_a_plain_mask_is_photographed_and_no_more(photos):
    found = Plain(Plain.Settings()).apply(photos, draw())
    assert torch.equal(found, captured(photos.images, draw().conditions))


def test_a_texture_is_worn_under_the_condition_as_in_training(photos):
    design = designs(Design)
    expected = wear_texture(
        photos.images, photos.transparency, photos.coordinates, design.drawn[[1, 0, 1]],
        draw().conditions,
    )  # fmt: skip
    assert torch.equal(design.apply(photos, draw(variants=(1, 0, 1))), expected)


def test_a_pattern_of_the_frame_is_printed_worn_and_photographed(photos):
    """White is printed no lighter than the lightest ink, and only where the mask is."""
    white, found = Flat(Flat.Settings(value=1.0)), draw().conditions
    inked = (found.ink_gain + found.ink_offset).clamp(0, 1)
    inked = (inked - 4 * found.dot_gain[:, None] * inked * (1 - inked)).clamp(0.05, 0.93)
    worn_white = photos.images.clone()
    worn_white[:, :, SIZE // 2 :] = inked[:, :, None, None]
    expected = captured(worn_white, found)
    torch.testing.assert_close(white.apply(photos, draw()), expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("method", [Plain, Flat, Design])
def test_batches_and_order_change_no_bit_under_conditions(photos, method):
    made = designs(Design) if method is Design else method(method.Settings.model_construct(value=1))
    for condition in ("3", *ALONE):
        whole = made.apply(photos, draw(condition))
        for keep in ([2, 0], [1]):
            part = Photos(*(values[keep] for values in vars(photos).values()))
            ids = part.image_ids
            one = Draw(5, np.zeros(len(keep), int), conditions_of(condition, ids, SETTINGS))
            assert torch.equal(made.apply(part, one), whole[keep])


def test_designs_of_the_frame_and_what_is_made_of_designs_take_no_conditions(photos):
    assert designs(Design).physical
    assert designs(Untrained).physical
    for made in (designs(MeanColour), designs(Design, "image")):
        with pytest.raises(ValueError, match="takes no conditions"):
            made.apply(photos, draw())


def test_conditions_of_other_photos_are_refused(photos):
    few = Draw(5, np.zeros(3, int), conditions_of("0", IDS[:2], SETTINGS))
    with pytest.raises(ValueError, match="Plain takes 3 conditions"):
        Plain(Plain.Settings()).apply(photos, few)


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        ({"draws": 65}, "protect: draws: input should be less than or equal to 64; found 65"),
        ({"draws": -1}, "protect: draws: input should be greater than or equal to 0; found -1"),
        ({"conditions": {"noise": 3}}, "conditions.noise: input should be less than or equal to"),
        ({"conditions": {"crop_scaled": 0.1}}, "conditions: crop_scaled has no effect here, since"),
    ],
)
def test_what_is_not_allowed_is_one_line(settings, line):
    with pytest.raises(FaceveilError) as refusal:
        validate(Protect, settings, "params.yaml: protect")
    assert "\n" not in str(refusal.value)
    assert line in str(refusal.value)
