"""A survey as text: what stands in its tables, and the one line that decides."""

import pytest
from ruamel.yaml import YAML

from faceveil.collection.survey import outlook, survey, survey_text
from faceveil.params.curate import Curate
from faceveil.params.errors import FaceveilError
from tests.collection.test_survey import damaged, pair, put
from tests.conftest import ROOT

SHIPPED = YAML(typ="safe").load(ROOT / "params.yaml")["curate"]


def wanted(people: int, spare_people: int = 0) -> Curate:
    return Curate(**SHIPPED | {"people": people, "spare_people": spare_people, "test_share": 0.5})


def line(text: str, start: str) -> list[str]:
    [found] = [line for line in text.splitlines() if line.startswith(start)]
    return found.removeprefix(start).split()


def test_kinds_are_counted_beside_the_published_sets(tmp_path):
    for number in range(3):
        pair(tmp_path, f"0000{number}")
    put(tmp_path, "IMFD/00002_Mask_Chin.jpg", mode="L")
    text = survey_text(survey(tmp_path))
    assert text.startswith(f"{tmp_path}: 7 files, ")
    assert line(text, "unmasked")[:3] == ["3", "3", "70,000"]
    assert line(text, "masked, correctly")[:3] == ["3", "3", "67,049"]
    otherwise = line(text, "masked, otherwise")
    assert otherwise[:3] == ["1", "1", "66,734"]
    assert otherwise[-3:] == ["0", "1", "48x48"]  # none unreadable, one not RGB


@pytest.mark.parametrize("table", ["truth.csv", "people.csv"])
def test_a_collection_that_was_made_here_has_no_published_counts(tmp_path, table):
    pair(tmp_path)
    (tmp_path / table).touch()
    assert "whole set" not in survey_text(survey(tmp_path))


def test_findings_say_what_curation_does_and_name_the_first(tmp_path):
    damaged(tmp_path)
    for number in range(10, 15):
        put(tmp_path, f"000{number}.png")
    text = survey_text(survey(tmp_path))
    assert line(text, "unreadable: empty_file") == ["1", "left", "out", "00003.png"]
    bare = line(text, "no masked photo of it")
    assert bare == ["10", "left", "out", "00001.png,", "00003.png,", "00004.png,", "…"]


def test_the_commonest_sizes_come_first(tmp_path):
    for number, side in enumerate((40, 50, 50, 60, 70, 70, 70)):
        put(tmp_path, f"0000{number}.png", (side, side))
    assert "70x70: 3, 50x50: 2, 40x40: 1, 1 more" in survey_text(survey(tmp_path))


@pytest.mark.parametrize("name", ["a\nb.txt", "a\x1b[2Jb.txt", "\udcff.txt"])
def test_any_name_stands_on_one_line(tmp_path, name):
    (tmp_path / name).touch()
    text = survey_text(survey(tmp_path))
    assert text.encode().isascii() and "\x1b" not in text
    assert len(text.splitlines()) == 7


def test_enough_pairs_say_how_many_may_be_rejected(tmp_path):
    for number in range(4):
        pair(tmp_path, f"0000{number}")
    found = outlook(survey(tmp_path), wanted(2, 1))
    assert found.startswith("enough: 4 people have a pair, 3 are wanted")
    assert found.endswith("curate may reject 1 of them")
    assert outlook(survey(tmp_path), wanted(4)).endswith("reject 0 of them")


def refusal(root, people: int = 2) -> str:
    with pytest.raises(FaceveilError) as refused:
        outlook(survey(root), wanted(people))
    assert "\n" not in str(refused.value)
    return str(refused.value)


def test_too_few_pairs_say_what_to_do(tmp_path):
    pair(tmp_path)
    put(tmp_path, "00001.png")
    put(tmp_path, "00001_Mask_Chin.jpg")
    found = refusal(tmp_path)
    assert "1 people have a pair, and 1 with a mask that is not worn correctly, but 2" in found
    assert "lower curate.people or curate.spare_people in params.yaml" in found


def test_an_empty_root_says_where_to_read(tmp_path):
    assert refusal(tmp_path).endswith("empty; docs/data.md says what to put there")


def test_a_collection_by_person_needs_masks(tmp_path):
    for name in ("Ann_Lee", "Bo"):
        put(tmp_path, f"{name}/{name}_0001.jpg")
        put(tmp_path, f"{name}/{name}_0002.jpg")
    assert "no pairs, but 4 photos in 2 folders" in refusal(tmp_path)
    assert "put_on_masks" in refusal(tmp_path)


def test_unmasked_photos_alone_are_no_collection_by_person(tmp_path):
    for number in range(3):
        put(tmp_path, f"00000/0000{number}.png")
    assert "0 people have a pair, but 2 are wanted" in refusal(tmp_path)


@pytest.mark.real
def test_lfw_needs_masks(real_data):
    assert "1,580 photos in 158 folders" in refusal(real_data / "lfw")
