"""The stage ``find_translated``: translated photos in, in which of them a face is found out."""

from pathlib import Path

import pytest

from faceveil.store.found_faces import read_found
from faceveil.store.photos import read_rows
from tests.stages.declared import enter, refused, succeed


@pytest.fixture
def at(translated_world, here):
    return lambda without="": enter(translated_world, "find_translated", "paired", without)


def test_photos_with_masks_put_on_and_with_plain_ones_taken_off_are_looked_at(at):
    at()
    (out,) = succeed("find_translated", "paired")
    found = read_found(out)
    assert set(found["protection"]) == {"plain", "put_on_paired"}
    assert found["mtcnn"].dtype == bool
    rows = read_rows(Path("data/translated/paired/put_on"))
    own = found[found["protection"] == "put_on_paired"]
    assert own["image_id"].tolist() == rows["image_id"].tolist()


def test_without_translated_photos_it_is_one_line(at):
    at(without="data/translated")
    assert "data/translated/paired/put_on" in refused("find_translated", "paired")
