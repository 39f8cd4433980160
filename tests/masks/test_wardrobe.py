"""Which masks there are, and which of them a photo gets."""

from collections import Counter

import pytest
from PIL import Image

from faceveil.masks.drawn import CUTS, draw_template
from faceveil.masks.templates import open_templates
from faceveil.params.errors import FaceveilError


@pytest.fixture
def folder(tmp_path):
    for name, template in (("b.png", "cloth_black"), ("A.PNG", "ffp2_white")):
        Image.fromarray(draw_template(template)).save(tmp_path / name)
    (tmp_path / "licence.txt").write_text("free")
    (tmp_path / "._b.png").write_bytes(b"what some systems leave behind")
    return tmp_path


def test_own_templates_differ_in_shape_and_colour():
    wardrobe = open_templates("rendered", 0)
    assert wardrobe.names == tuple(sorted(CUTS))
    assert len({wardrobe.open(name).levels[-1].tobytes() for name in wardrobe.names}) == 6


def test_a_folder_of_cutouts_is_taken_as_it_is(folder):
    wardrobe = open_templates(str(folder), 0)
    assert wardrobe.names == ("A.PNG", "b.png")
    own = open_templates("rendered", 0).open("cloth_black")
    assert (wardrobe.open("b.png").levels[0] == own.levels[0]).all()


def test_a_photo_always_draws_the_same_and_photos_draw_all_alike():
    wardrobe = open_templates("rendered", 5)
    photos = [f"Ann/{number}.jpg" for number in range(1200)]
    drawn = [wardrobe.choose(photo) for photo in photos]
    assert drawn == [wardrobe.choose(photo) for photo in photos]
    counts = Counter(drawn)
    assert set(counts) == set(wardrobe.names)
    assert min(counts.values()) > 150
    other = open_templates("rendered", 6)
    assert [other.choose(photo) for photo in photos] != drawn


def test_a_person_wears_several_masks():
    wardrobe = open_templates("rendered", 5)
    assert len({wardrobe.choose(f"Ann/{number}.jpg") for number in range(10)}) > 2


def test_a_name_that_is_no_text_is_drawn_for():
    assert open_templates("rendered", 5).choose("J\udcfcrgen/1.jpg") in CUTS


def test_a_missing_folder_is_one_line(tmp_path):
    with pytest.raises(FaceveilError, match=r"nowhere: no such folder; allowed: rendered, or"):
        open_templates(str(tmp_path / "nowhere"), 0)


def test_a_folder_without_cutouts_is_one_line(tmp_path):
    with pytest.raises(FaceveilError, match=r"no PNG in it; allowed: rendered"):
        open_templates(str(tmp_path), 0)


def test_a_broken_cutout_is_named(folder):
    (folder / "c.png").write_bytes(b"no picture")
    with pytest.raises(FaceveilError, match=r"c\.png: not_an_image; replace it"):
        open_templates(str(folder), 0)


def test_a_photo_without_transparency_is_named(folder):
    Image.new("RGB", (80, 60), "white").save(folder / "c.png")
    with pytest.raises(FaceveilError, match=r"c\.png: no transparent background"):
        open_templates(str(folder), 0)
