"""Who is left out of a collection by person, and what of its layout may be mistaken."""

from faceveil.masks.person_files import COLUMNS
from faceveil.masks.remarks import people_remarks


def rows(*files):
    """Rows of people.csv: original, person, outcome."""
    empty = dict.fromkeys(COLUMNS, "")
    return [empty | {"original": path, "person": who, "outcome": why} for path, who, why in files]


def test_a_sound_collection_has_no_remark(tmp_path):
    sound = rows(("Ann/1.png", "Ann", "masked"), ("Bo/1.png", "Bo", "no_face"),
                 ("pairs.txt", "", "no_photo"), (".x/1", "", "no_photo"))  # fmt: skip
    assert people_remarks(tmp_path, sound) == []


def test_nobody_vanishes_silently(tmp_path):
    found = people_remarks(tmp_path, rows(
        ("Ann/1.png", "Ann", "masked"), ("Bo/1.HEIC", "Bo", "other_format"),
        ("Cy/old/1.png", "", "no_photo"),
    ))  # fmt: skip
    assert found == [
        "1 photos are in a format that is not read; save them as JPEG or PNG: Bo/1.HEIC",
        "1 people have no photo that can be used: Bo",
        "1 folders hold no photo directly (Name/photo.jpg) and are nobody: Cy",
    ]


def test_folders_of_one_name_are_both_named(tmp_path):
    name, other = "Zo\xeb", "Zoe\u0308"
    (found,) = people_remarks(tmp_path, rows(
        (f"{name}/1.png", name, "masked"), (f"{other}/2.png", name, "masked"),
        ("Ann/1.png", "Ann", "masked"),
    ))  # fmt: skip
    assert r"'Zoe\u0308' and 'Zo\xeb' are one name" in found


def test_one_folder_with_nearly_all_photos_is_told(tmp_path):
    flat = [(f"img/{n}.png", "img", "masked") for n in range(19)]
    for more in ([], [("Ann/1.png", "Ann", "masked")]):
        (found,) = people_remarks(tmp_path, rows(*flat, *more))
        assert found.startswith(f"img was taken for one person, with 19 of {19 + len(more)} photos")
    several = [("Ann/1.png", "Ann", "masked")] * 3
    assert people_remarks(tmp_path, rows(*flat, *several)) == []
