"""The stage ``study``: photos in, a page and its key out; how it counts is in tests/report."""

import pytest

from tests.stages.declared import enter, refused


@pytest.fixture
def at(translated_world, here):
    return lambda without="": enter(translated_world, "study", without=without)


def test_people_of_whom_nobody_knows_whether_they_exist_are_not_shown(at):
    at()
    assert "the people of this collection exist; show rendered ones" in refused("study")
