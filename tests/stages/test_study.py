"""The stage ``study``: photos in, a page and its key out; how it counts is in tests/report."""

import pytest

from tests.stages.declared import enter, refused


@pytest.fixture
def at(translated_world, here):
    return lambda without="": enter(translated_world, "study", without=without)


def test_too_few_people_are_one_line(at):
    at()
    assert "study.pictures is 22, and 2 people are judged" in refused("study")
