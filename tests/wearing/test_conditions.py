"""Draws depend on id, number and seed alone, and vary as strongly as the settings say."""

from dataclasses import fields

import numpy as np
import pytest
import torch

from faceveil.params.conditions import NO_CONDITIONS, ConditionStrengths
from faceveil.wearing.conditions import Conditions, draw_conditions
from tests.wearing.textured_world import IDS

DEFAULTS = ConditionStrengths()
MANY = [f"{number:05d}_Mask" for number in range(2000)]


def values(conditions: Conditions) -> dict[str, np.ndarray]:
    return {field.name: getattr(conditions, field.name).numpy() for field in fields(conditions)}


def alike(some: Conditions, others: Conditions) -> list[str]:
    """Names of what is the same in both."""
    pairs = zip(values(some).items(), values(others).values(), strict=True)
    return [name for (name, one), other in pairs if np.array_equal(one, other, equal_nan=True)]


EVERYTHING = [field.name for field in fields(Conditions)]


def test_id_number_and_seed_decide_and_the_batch_does_not():
    drawn = draw_conditions(DEFAULTS, IDS, 5, 0)
    assert alike(drawn, draw_conditions(DEFAULTS, np.array(IDS), 5, 0)) == EVERYTHING
    backwards = draw_conditions(DEFAULTS, IDS[::-1], 5, 0)
    assert alike(drawn[[3, 2, 1, 0]], backwards) == EVERYTHING
    for row, image_id in enumerate(IDS):
        alone = draw_conditions(DEFAULTS, [image_id], 5, 0)
        assert alike(drawn[row : row + 1], alone) == EVERYTHING


@pytest.mark.parametrize(("ids", "number", "seed"), [(("x",), 5, 0), (IDS, 6, 0), (IDS, 5, 1)])
def test_another_id_number_or_seed_is_another_draw(ids, number, seed):
    drawn = draw_conditions(DEFAULTS, IDS[: len(ids)], 5, 0)
    same = alike(drawn, draw_conditions(DEFAULTS, ids, number, seed))
    assert set(same) <= {"gamut", "noise", "resolution", "jpeg_quality"}  # constant, or seldom


def test_a_changed_strength_changes_only_what_it_is_about():
    drawn = draw_conditions(DEFAULTS, IDS, 0, 0)
    other = draw_conditions(DEFAULTS.model_copy(update={"ink_gain": 0.2}), IDS, 0, 0)
    assert set(EVERYTHING) - set(alike(drawn, other)) == {"ink_gain"}


@pytest.mark.parametrize(
    ("name", "mean", "deviation"),
    [
        ("mask_moved", 0, DEFAULTS.mask_moved),
        ("mask_turned", 0, DEFAULTS.mask_turned_radians),
        ("mask_scaled", 1, DEFAULTS.mask_scaled),
        ("ink_gain", 1, DEFAULTS.ink_gain),
        ("ink_offset", 0, DEFAULTS.ink_offset),
        ("light_gain", 1, DEFAULTS.light_gain),
        ("light_offset", 0, DEFAULTS.light_offset),
        ("white_balance", 1, DEFAULTS.white_balance),
        ("crop_moved", 0, DEFAULTS.crop_moved_share),
        ("crop_turned", 0, DEFAULTS.crop_turned_radians),
        ("crop_scaled", 1, DEFAULTS.crop_scaled),
    ],
)
def test_two_thousand_draws_have_the_mean_and_deviation_of_the_settings(name, mean, deviation):
    found = values(draw_conditions(DEFAULTS, MANY, 0, 2021))[name].reshape(2000, -1)
    # Four standard errors: one column in 15,000 is beyond.
    assert np.abs(found.mean(axis=0) - mean).max() < 4 * deviation / np.sqrt(2000)
    assert np.abs(found.std(axis=0) / deviation - 1).max() < 4 / np.sqrt(2 * 2000)
    assert np.abs(found - mean).max() <= 3.0001 * deviation
    unlike = np.corrcoef(found.T) if found.shape[1] > 1 else np.eye(1)
    assert np.abs(unlike - np.eye(len(unlike))).max() < 0.1


def test_two_thousand_draws_have_the_ranges_and_shares_of_the_settings():
    drawn = values(draw_conditions(DEFAULTS, MANY, 0, 2021))
    for name, most in (("dot_gain", DEFAULTS.dot_gain), ("blur", DEFAULTS.blur_share)):
        np.testing.assert_allclose(
            np.quantile(drawn[name] / most, [0, 0.5, 1]), [0, 0.5, 1], atol=0.04
        )
    small = drawn["resolution"] < 1
    assert abs(small.mean() - 0.6) < 0.045
    np.testing.assert_allclose(
        np.quantile(drawn["resolution"][small], [0, 1]), [0.55, 1], atol=0.01
    )
    quality = drawn["jpeg_quality"]
    assert abs(np.isfinite(quality).mean() - DEFAULTS.jpeg_probability) < 0.04
    assert 50 <= np.nanmin(quality) < 51 and 94 < np.nanmax(quality) <= 95
    assert len(set(drawn["noise_seed"])) == 2000
    np.testing.assert_allclose(drawn["gamut"], np.tile([[0.05, 0.93]], (2000, 1)), atol=1e-7)


def test_no_strength_is_neutral():
    drawn = values(draw_conditions(NO_CONDITIONS, IDS, 0, 0))
    del drawn["noise_seed"]
    assert np.isnan(drawn.pop("jpeg_quality")).all()
    assert (drawn.pop("gamut") == [0, 1]).all()
    ones = {"mask_scaled", "ink_gain", "light_gain", "white_balance", "resolution", "crop_scaled"}
    for name, found in drawn.items():
        assert (found == (name in ones)).all(), name


def test_no_photos_have_no_conditions():
    nothing = draw_conditions(DEFAULTS, [], 0, 0)
    assert len(nothing) == 0
    assert nothing.ink_gain.shape == (0, 3)


def test_rows_are_chosen_by_number_or_slice():
    drawn = draw_conditions(DEFAULTS, IDS, 0, 0)
    assert len(drawn[1:3]) == 2
    assert torch.equal(drawn[torch.tensor([3])].ink_gain, drawn.ink_gain[3:])
