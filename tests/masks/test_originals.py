"""One folder per person, whatever it is called; what else lies there is listed."""

import pytest

from faceveil.masks import originals
from faceveil.masks.originals import find_originals
from faceveil.params.errors import FaceveilError


def make(root, *paths):
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).touch()
    return root


def test_people_are_numbered_by_their_folders_names(tmp_path):
    make(
        tmp_path,
        "Zoë Ünal/b.JPG",
        "Zoë Ünal/a.png",
        "Ann_Lee/1.jpeg",
        "n000012/x.jpg",
        "Bo\n/y.png",
    )
    people = find_originals(tmp_path).people
    assert [(person.subject_id, person.name) for person in people] == [
        ("00000", "Ann_Lee"), ("00001", "Bo\n"), ("00002", "Zoë Ünal"), ("00003", "n000012"),
    ]  # fmt: skip
    assert people[2].photos == ("Zoë Ünal/a.png", "Zoë Ünal/b.JPG")


def test_what_is_no_photo_of_a_person_is_listed(tmp_path):
    others = ["pairs.txt", "loose.jpg", "Ann/notes.txt", "Ann/old/3.jpg", ".cache/1.jpg",
              "Ann/._1.jpg", "Ann/1.txt", "Bob/.DS_Store"]  # fmt: skip
    make(tmp_path, "Ann/1.jpg", *others)
    (tmp_path / "Empty").mkdir()
    found = find_originals(tmp_path)
    assert [person.name for person in found.people] == ["Ann"]
    assert found.others == tuple(sorted(others))
    assert sorted(found.paths) == sorted([*others, "Ann/1.jpg"])


def test_a_photo_in_a_format_that_is_not_read_is_one_so_that_nobody_vanishes(tmp_path):
    make(tmp_path, "Ann/1.HEIC", "Bo/1.jfif", "Cy/1.webp", "Di/1.tif")
    assert [person.name for person in find_originals(tmp_path).people] == ["Ann", "Bo", "Cy", "Di"]


def test_one_name_in_two_unicode_forms_is_one_person(tmp_path):
    make(tmp_path, "Zo\xeb/1.jpg", "Zoe\u0308/2.jpg")
    (person,) = find_originals(tmp_path).people
    assert (person.name, sorted(person.photos)) == (
        "Zo\xeb", sorted(["Zo\xeb/1.jpg", "Zoe\u0308/2.jpg"])
    )  # fmt: skip


def test_photos_in_the_root_are_nobodys(tmp_path):
    make(tmp_path, "1.jpg", "2.jpg")
    with pytest.raises(FaceveilError, match=r"as in '1\.jpg'; give each person a folder"):
        find_originals(tmp_path)


def test_links_are_followed(tmp_path):
    make(tmp_path / "elsewhere", "Ann/1.jpg")
    (tmp_path / "root").mkdir()
    (tmp_path / "root/Ann").symlink_to(tmp_path / "elsewhere/Ann")
    assert find_originals(tmp_path / "root").people[0].photos == ("Ann/1.jpg",)


@pytest.mark.parametrize(("make_file", "found"), [(False, "nothing"), (True, "a file")])
def test_a_root_that_is_no_folder_is_refused(tmp_path, make_file, found):
    root = tmp_path / "lfw"
    if make_file:
        root.touch()
    with pytest.raises(FaceveilError, match=rf"found {found}; .*put_on_masks\.collections"):
        find_originals(root)


def test_a_root_one_level_too_high_is_refused_with_an_example(tmp_path):
    make(tmp_path, "lfw/Ann/1.jpg", "lfw/Bob/1.jpg")
    with pytest.raises(FaceveilError, match=r"2 other files, as in 'lfw/Ann/1\.jpg'"):
        find_originals(tmp_path)


def test_an_empty_root_is_refused(tmp_path):
    with pytest.raises(FaceveilError, match="0 other files; name or link"):
        find_originals(tmp_path)


def test_more_people_than_have_numbers_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(originals, "MOST_PEOPLE", 2)
    make(tmp_path, "A/1.jpg", "B/1.jpg", "C/1.jpg")
    with pytest.raises(FaceveilError, match="3 people, at most 2"):
        find_originals(tmp_path)
