"""Strengths of conditions have bounds and descriptions, and refuse what cannot be."""

import pytest
from pydantic import ValidationError

from faceveil.params.conditions import NO_CONDITIONS, ConditionStrengths
from tests.params.test_whole_file import outside

BOUNDS = [
    (name, value)
    for name, field in ConditionStrengths.model_fields.items()
    for bound in field.metadata
    if (value := outside(bound)) is not None
]


@pytest.mark.parametrize(("name", "value"), BOUNDS)
def test_a_strength_outside_of_its_bound_is_refused_by_name(name, value):
    with pytest.raises(ValidationError, match=name):
        ConditionStrengths(**{name: value})


def test_every_strength_has_two_bounds_and_a_description():
    for name, field in ConditionStrengths.model_fields.items():
        assert sum(name == bounded for bounded, _ in BOUNDS) == 2, name
        assert field.description, name


def test_qualities_out_of_order_are_refused_with_both():
    with pytest.raises(ValidationError, match="min_jpeg_quality 80 is above max_jpeg_quality 70"):
        ConditionStrengths(min_jpeg_quality=80, max_jpeg_quality=70)


def test_no_conditions_leaves_no_strength():
    left = {name for name, value in NO_CONDITIONS if value}
    assert left == {"lightest_ink", "min_resolution", "min_jpeg_quality", "max_jpeg_quality"}


def test_none_is_a_word_for_no_conditions_and_no_other_word_is():
    assert ConditionStrengths.model_validate("none") == NO_CONDITIONS
    with pytest.raises(ValidationError, match="valid dictionary"):
        ConditionStrengths.model_validate("nothing")
