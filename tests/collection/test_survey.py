"""What a collection holds is counted rightly, whatever is wrong with its files."""

import pytest
from PIL import Image

from faceveil.collection import survey as module
from faceveil.collection.layouts import find_images
from faceveil.collection.survey import CORRECTLY, OTHERWISE, Survey, findings, survey
from faceveil.params.errors import FaceveilError

ENDINGS = ("Mask", "Mask_Nose_Mouth", "Mask_Chin", "Mask_Mouth_Chin")
"""As in MaskedFace-Net: 00000_Mask.jpg, 00001_Mask_Nose_Mouth.jpg, …"""

FFHQ = {
    "originals, flat": "images1024x1024/{number}.png",
    "originals, by thousand": "images1024x1024/{thousand}/{number}.png",
    "thumbnails, flat": "thumbnails128x128/{number}.png",
    "thumbnails, by thousand": "thumbnails128x128/{thousand}/{number}.png",
    "all in one folder": "{number}.png",
}
MASKED = {
    "by thousand": "{folder}/{thousand}/{number}_{ending}.jpg",
    "flat": "{folder}/{number}_{ending}.jpg",
    "all in one folder": "{number}_{ending}.jpg",
    "below a folder of its own": "MaskedFace-Net/{folder}/{thousand}/{number}_{ending}.jpg",
}


def put(root, path, size=(48, 48), mode="RGB", **options):
    target = root / path
    target.parent.mkdir(parents=True, exist_ok=True)
    Image.effect_noise(size, 40).convert(mode).save(target, **options)
    return target


def pair(root, number="00000"):
    return put(root, f"{number}.png"), put(root, f"{number}_Mask.jpg")


def reasons(surveyed: Survey) -> dict[str, str]:
    return {file.entry.path: file.unreadable for file in surveyed.files}


@pytest.mark.parametrize("unmasked", FFHQ.values(), ids=FFHQ)
@pytest.mark.parametrize("masked", MASKED.values(), ids=MASKED)
def test_every_layout_of_the_two_sets_gives_its_pairs(tmp_path, unmasked, masked):
    numbers = {"00000": ENDINGS[0], "00001": ENDINGS[1], "12002": ENDINGS[2], "69003": ENDINGS[3]}
    for number, ending in numbers.items():
        names = {"number": number, "thousand": f"{number[:2]}000", "ending": ending}
        put(tmp_path, unmasked.format(**names))
        folder = "CMFD" if ending == "Mask" else "IMFD"
        put(tmp_path, masked.format(folder=folder, **names), (96, 96))
    put(tmp_path, masked.format(folder="CMFD", number="69003", thousand="69000", ending="Mask"))
    surveyed = survey(tmp_path)
    assert surveyed.paired(CORRECTLY) == {"00000", "69003"}
    assert surveyed.paired(OTHERWISE) == {"00001", "12002", "69003"}
    assert {group: len(files) for group, files in surveyed.groups.items()} == {
        "unmasked": 4, CORRECTLY: 2, OTHERWISE: 3
    }  # fmt: skip
    assert list(findings(surveyed)) == ["other size than unmasked"]


def test_files_say_their_size_their_mode_and_their_bytes(tmp_path):
    path = put(tmp_path, "00000.png", (64, 40), "L")
    [file] = survey(tmp_path).files
    assert file.header == (64, 40, "L", False)
    assert file.size == path.stat().st_size > 0


def test_partners_that_are_not_there_are_named(tmp_path):
    pair(tmp_path)
    put(tmp_path, "00001.png")
    put(tmp_path, "00002_Mask.jpg")
    put(tmp_path, "00000_1_Mask.jpg")
    assert findings(survey(tmp_path)) == {
        "no masked photo of it": ["00001.png"],
        "no unmasked photo of it": ["00002_Mask.jpg", "00000_1_Mask.jpg"],
    }


def damaged(root) -> dict[str, str]:
    """Write one file of every kind of damage that a header or a missing end shows."""
    whole = put(root, "00001.png").read_bytes()
    (root / "00001.png").write_bytes(whole[: len(whole) // 2])
    photo = put(root, "00002_Mask.jpg").read_bytes()
    (root / "00002_Mask.jpg").write_bytes(photo[: len(photo) // 2])
    (root / "00003.png").touch()
    (root / "00004.png").write_text("<html>quota exceeded</html>")
    (root / "00005.png").symlink_to(root / "gone.png")
    put(root, "00006.png", (20, 20))
    return {
        "00001.png": "damaged_image",
        "00002_Mask.jpg": "damaged_image",
        "00003.png": "empty_file",
        "00004.png": "not_an_image",
        "00005.png": "missing_file",
        "00006.png": "too_small",
    }


def test_broken_files_are_counted_by_reason_and_stop_nothing(tmp_path):
    expected = damaged(tmp_path)
    pair(tmp_path)
    surveyed = survey(tmp_path)
    assert reasons(surveyed) == expected | {"00000.png": "", "00000_Mask.jpg": ""}
    found = findings(surveyed)
    assert found["unreadable: damaged_image"] == ["00001.png", "00002_Mask.jpg"]
    assert found["unreadable: missing_file"] == ["00005.png"]


def test_a_photo_that_cannot_be_read_makes_no_pair(tmp_path):
    pair(tmp_path, "00000")
    unmasked, _ = pair(tmp_path, "00001")
    unmasked.write_bytes(b"")
    _, masked = pair(tmp_path, "00002")
    masked.write_bytes(masked.read_bytes()[:-600])
    assert survey(tmp_path).paired(CORRECTLY) == {"00000"}


def test_damage_in_the_middle_is_found_where_all_is_decoded(tmp_path):
    path = put(tmp_path, "00000.png")
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 40] = bytes(40)
    path.write_bytes(content)
    assert reasons(survey(tmp_path)) == {"00000.png": ""}
    assert reasons(survey(tmp_path, whole=True)) == {"00000.png": "damaged_image"}


def test_bytes_after_the_end_are_no_damage(tmp_path):
    path = put(tmp_path, "00000_Mask.jpg")
    path.write_bytes(path.read_bytes() + bytes(5000))
    assert reasons(survey(tmp_path)) == {"00000_Mask.jpg": ""}


def test_pairs_of_two_shapes_are_none_and_of_two_sizes_are(tmp_path):
    put(tmp_path, "00000.png", (64, 64))
    put(tmp_path, "00000_Mask.jpg", (64, 48))
    put(tmp_path, "00001.png", (64, 64))
    put(tmp_path, "00001_Mask.jpg", (256, 255))
    surveyed = survey(tmp_path)
    assert surveyed.paired(CORRECTLY) == {"00001"}
    assert findings(surveyed) == {
        "other shape than unmasked": ["00000_Mask.jpg"],
        "other size than unmasked": ["00001_Mask.jpg"],
    }


def test_a_photo_on_its_side_has_the_shape_that_it_is_read_with(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    put(tmp_path, "00000.png", (48, 64))
    put(tmp_path, "00000_Mask.jpg", (64, 48), exif=exif)
    assert survey(tmp_path).paired(CORRECTLY) == {"00000"}


def test_of_one_name_the_path_that_fits_the_masked_photo_makes_the_pair(tmp_path):
    for folder in ("thumbnails128x128", "images1024x1024", "in-the-wild-images"):
        put(tmp_path, f"{folder}/00000.png", (64, 64 if folder[0] != "i" else 80))
    put(tmp_path, "CMFD/00000_Mask.jpg", (64, 64))
    surveyed = survey(tmp_path)
    assert findings(surveyed)["same photo again"] == [
        "images1024x1024/00000.png",
        "in-the-wild-images/00000.png",
    ]
    assert surveyed.paired(CORRECTLY) == {"00000"}


def test_a_format_that_is_not_read_is_no_unknown_name(tmp_path):
    pair(tmp_path)
    (tmp_path / "Ann").mkdir()
    (tmp_path / "Ann/1.HEIC").touch()
    surveyed = survey(tmp_path)
    assert findings(surveyed) == {"format that is not read": ["Ann/1.HEIC"]}
    assert surveyed.by_person() == (1, 1)


def test_a_broken_first_copy_costs_the_good_one_nothing(tmp_path):
    pair(tmp_path)
    put(tmp_path, "00/00000.png").write_bytes(b"")
    surveyed = survey(tmp_path)
    assert findings(surveyed) == {"unreadable: empty_file": ["00/00000.png"]}
    assert surveyed.paired(CORRECTLY) == {"00000"}


def test_cutouts_and_labels_that_are_none_are_named(tmp_path):
    for number in range(4):
        pair(tmp_path, f"0000{number}")
    put(tmp_path, "00000_Mask_gt.png", mode="RGB")
    put(tmp_path, "00001_Mask_gt.png", (48, 40), "L")
    put(tmp_path, "00002_Mask_gt.png", (96, 96), "L")
    put(tmp_path, "transparent/00000_Mask.png")
    put(tmp_path, "transparent/00001_Mask.png", (40, 48), "RGBA")
    put(tmp_path, "transparent/00002_Mask.png", (96, 96), "RGBA")
    put(tmp_path, "transparent/00003_Mask.png", transparency=(0, 0, 0))
    assert findings(survey(tmp_path)) == {
        "unreadable: not_a_cutout": ["transparent/00000_Mask.png"],
        "unreadable: not_labels": ["00000_Mask_gt.png"],
        "other shape than masked photo": ["00001_Mask_gt.png", "transparent/00001_Mask.png"],
    }


def test_names_that_are_no_text_have_a_line_of_their_own(tmp_path):
    pair(tmp_path)
    for name in ("M\udcfcller_0001.jpg", "notes.txt"):
        (tmp_path / name).touch()
    assert findings(survey(tmp_path)) == {
        "name is not UTF-8": ["M\udcfcller_0001.jpg"],
        "unrecognized name": ["notes.txt"],
    }


def test_hidden_photos_make_no_pair_and_no_person(tmp_path):
    put(tmp_path, ".Trash-1000/00000.png")
    put(tmp_path, ".Trash-1000/Ann/1.jpg")
    put(tmp_path, "00000_Mask.jpg")
    surveyed = survey(tmp_path)
    assert surveyed.paired(CORRECTLY) == set() and surveyed.by_person() == (0, 0)


def test_unknown_names_are_listed(tmp_path):
    pair(tmp_path)
    (tmp_path / "LICENSE.txt").write_text("terms")
    put(tmp_path, "0000_mask.png")
    assert findings(survey(tmp_path)) == {"unrecognized name": ["0000_mask.png", "LICENSE.txt"]}


def test_a_collection_by_person_is_told_by_its_folders(tmp_path):
    for name in ("Ann_Lee", "Bo"):
        for number in (1, 2, 3):
            put(tmp_path, f"{name}/{name}_{number:04d}.jpg")
    put(tmp_path, "Cy/holiday.jpg")
    (tmp_path / "pairs.txt").touch()
    (tmp_path / "Bo/notes.txt").touch()
    put(tmp_path, "loose.jpg")
    assert survey(tmp_path).by_person() == (3, 7)
    assert survey(tmp_path).paired(CORRECTLY, OTHERWISE) == set()


def test_a_link_back_up_is_walked_once(tmp_path):
    pair(tmp_path)
    (tmp_path / "again").symlink_to(tmp_path)
    surveyed = survey(tmp_path)
    assert [file.entry.path for file in surveyed.files] == ["00000.png", "00000_Mask.jpg"]
    assert findings(surveyed) == {}


def test_folders_that_are_links_are_named_since_dvc_does_not_look_into_them(tmp_path):
    pair(tmp_path / "elsewhere/thumbnails128x128/00000")
    root = tmp_path / "ffhq"
    root.mkdir()
    (root / "thumbnails128x128").symlink_to(tmp_path / "elsewhere/thumbnails128x128")
    surveyed = survey(root)
    assert len(surveyed.paired(CORRECTLY)) == 1
    assert findings(surveyed) == {"folder that is a link": ["thumbnails128x128"]}
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    assert findings(survey(tmp_path / "link")) == {}


def test_an_empty_root_is_an_empty_survey(tmp_path):
    surveyed = survey(tmp_path)
    assert (surveyed.files, surveyed.groups, findings(surveyed)) == ([], {}, {})


def test_a_missing_root_is_refused(tmp_path):
    with pytest.raises(FaceveilError, match="expected the folder of a collection, found nothing"):
        survey(tmp_path / "nowhere")


def test_the_number_of_processes_changes_nothing(tmp_path, monkeypatch):
    damaged(tmp_path)
    pair(tmp_path)
    alone = survey(tmp_path)
    monkeypatch.setattr(module, "CHUNK", 3)
    monkeypatch.setattr(module, "LEAST_CHUNKS", {False: 2})
    monkeypatch.setenv("FACEVEIL_WORKERS", "2")
    assert survey(tmp_path) == alone
    assert [file.entry for file in alone.files] == find_images(tmp_path)


@pytest.mark.real
def test_five_originals_of_both_sets(real_data):
    surveyed = survey(real_data / "ffhq_maskedface_net_1024", whole=True)
    assert {group: len(files) for group, files in surveyed.groups.items()} == {
        "unmasked": 5, CORRECTLY: 5
    }  # fmt: skip
    assert {file.header for file in surveyed.files} == {(1024, 1024, "RGB", False)}
    assert len(surveyed.paired(CORRECTLY)) == 5 and findings(surveyed) == {}


@pytest.mark.real
def test_real_pairs_of_many_shapes(real_data):
    surveyed = survey(real_data / "masked_pairs", whole=True)
    assert len(surveyed.paired(CORRECTLY)) == 241
    assert findings(surveyed) == {}
