"""Each threshold has its reason, at its bound; a person's photos are judged as a whole."""

import pytest

from faceveil.collection.layouts import Entry, recognize
from faceveil.collection.verdicts import judge, own_reasons, worn

FACE = {
    "unreadable": "", "faces": 1, "faces_from": "own", "probability": 0.9, "face_share": 0.15,
    "inside_share": 0.5, "sharpness": 0.22,
    "box_left": 0.25, "box_top": 0.25, "box_right": 0.75, "box_bottom": 0.75,
}  # fmt: skip
MASK = FACE | {
    "pair_difference": 0.05, "region_from": "difference", "region_share": 0.005,
    "nose_covered": 0.5, "mouth_covered": 0.6, "chin_covered": 0.2, "realism": 0.5,
}  # fmt: skip
UNMASKED, MASKED = recognize("00000.png"), recognize("00000_Mask.jpg")


def test_at_every_bound_a_photo_is_still_kept(params):
    assert own_reasons(UNMASKED, FACE, params) == []
    assert own_reasons(MASKED, MASK, params) == []
    assert worn(MASKED, MASK, params) == "correct"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"faces": 0}, "no_face"),
        ({"faces": 2}, "several_faces"),
        ({"probability": 0.899}, "low_probability"),
        ({"face_share": 0.149}, "small_face"),
        ({"inside_share": 0.499}, "out_of_frame"),
        ({"sharpness": 0.219}, "blurred"),
        ({"unreadable": "damaged_image"}, "damaged_image"),
    ],
)
def test_each_bound_of_a_face_has_its_reason(params, change, reason):
    assert own_reasons(UNMASKED, FACE | change, params) == [reason]
    assert own_reasons(MASKED, MASK | change, params) == [reason]


@pytest.mark.parametrize(
    ("change", "reason", "how"),
    [
        ({"nose_covered": 0.49}, "nose_bare", "mouth_chin"),
        ({"mouth_covered": 0.59}, "mouth_bare", "other"),
        ({"chin_covered": 0.19}, "chin_bare", "nose_mouth"),
        ({"realism": 0.49}, "unrealistic_mask", "correct"),
        ({"region_share": 0.0049}, "no_mask", "none"),
        ({"pair_difference": 0.051}, "not_same_photo", "correct"),
    ],
)
def test_each_bound_of_a_mask_has_its_reason(params, change, reason, how):
    assert own_reasons(MASKED, MASK | change, params) == [reason]
    assert worn(MASKED, MASK | change, params) == how


def test_a_mask_of_unknown_region_is_rejected_but_for_the_background(params):
    assert own_reasons(MASKED, FACE, params) == ["no_region"]
    assert worn(MASKED, FACE, params) == "unknown"
    background = recognize("p/p_0001_Mask.jpg")
    assert own_reasons(background, FACE | {"faces": 0}, params) == []


def test_a_masked_background_photo_without_a_face_cannot_be_cut_to_it(params):
    background, cropped = recognize("p/p_0001_Mask.jpg"), params.model_copy(update={"crop": "face"})
    assert own_reasons(background, FACE | {"faces": 0}, cropped) == ["no_face"]
    assert own_reasons(background, FACE | {"faces": 2, "sharpness": 0}, cropped) == []


def judged(params, paths: list[str], **rejected) -> dict[str, str]:
    """Judge files that are all sound but for those whose row is given; reasons by path."""
    entries = [recognize(path) for path in sorted(paths)]
    rows = [rejected.get(entry.image_id, MASK) for entry in entries]
    index = judge(entries, rows, params)
    assert ((index["verdict"] == "rejected") == (index["reasons"] != "")).all()
    return dict(zip(index["path"], index["reasons"], strict=True))


def test_a_pair_is_kept_or_left_as_a_whole(params):
    paths = ["00000.png", "00000_Mask.jpg", "00001.png", "00001_Mask.jpg", "00002.png",
             "00003_Mask.jpg", "00001_1.png", "00000_1.png", "00002_1_Mask.jpg"]  # fmt: skip
    assert judged(params, paths, **{"00001_Mask": MASK | {"nose_covered": 0}}) == {
        "00000.png": "",
        "00000_Mask.jpg": "",
        "00000_1.png": "",
        "00001.png": "partner_rejected",
        "00001_1.png": "partner_rejected",
        "00001_Mask.jpg": "nose_bare",
        "00002.png": "no_partner",
        "00002_1_Mask.jpg": "partner_rejected",
        "00003_Mask.jpg": "no_partner",
    }


def test_one_masked_photo_of_a_person_is_kept(params):
    paths = ["00000.png", "00000_Mask.jpg", "00000_Mask_Chin.jpg"]
    assert judged(params, paths)["00000_Mask_Chin.jpg"] == "another_kept"
    bare = judged(params, paths, **{"00000_Mask": MASK | {"nose_covered": 0}})
    assert [bare[path] for path in paths] == ["", "nose_bare", ""]


def test_one_mask_of_a_further_photo_is_kept(params):
    pair = ["00000.png", "00000_Mask.jpg"]
    further = ["00000_1_Mask.jpg", "00000_1_Mask_Chin.jpg", "00000_2_Mask_Chin.jpg"]
    found = judged(params, pair + further)
    assert [found[path] for path in further] == ["", "another_kept", ""]


def test_of_one_name_the_first_path_is_kept(params):
    found = judged(params, ["a/00000.png", "b/00000.png", "00000_Mask.jpg"])
    assert found == {"a/00000.png": "", "b/00000.png": "duplicate", "00000_Mask.jpg": ""}


def test_of_one_name_the_path_that_fits_the_masked_photo_is_used(params):
    paths = ["a/00000.png", "b/00000.png", "00000_Mask.jpg"]
    rows = [FACE, FACE | {"fits": True}, MASK]
    found = judge([recognize(path) for path in paths], rows, params)
    assert found["reasons"].tolist() == ["duplicate", "", ""]


def with_contents(params, contents: dict[str, str]) -> dict[str, str]:
    """Judge sound files of these contents; reasons by path."""
    entries = [recognize(path) for path in contents]
    rows = [MASK | {"content": content} for content in contents.values()]
    index = judge(entries, rows, params)
    return dict(zip(index["path"], index["reasons"], strict=True))


def test_a_further_photo_is_another_photo(params):
    found = with_contents(params, {
        "00007_1.png": "a", "00007_1_Mask.png": "m", "00007.png": "a", "00007_Mask.png": "n",
        "00007_2.png": "b", "00007_2_Mask.png": "o",
    })  # fmt: skip
    again = {path for path, reasons in found.items() if reasons == "repeated_photo"}
    assert again == {"00007_1.png", "00007_1_Mask.png"}
    assert not any(found[path] for path in found.keys() - again)


def test_a_photo_of_two_people_is_used_for_neither(params):
    found = with_contents(params, {
        "00001.png": "a", "00001_Mask.png": "m", "00002.png": "b", "00002_Mask.png": "n",
        "00003.png": "c", "00003_Mask.png": "o", "00003_1.png": "b", "Ann/Ann_0001.png": "a",
    })  # fmt: skip
    shared = {path for path, reasons in found.items() if reasons == "of_two_people"}
    assert shared == {"00001.png", "00001_Mask.png", "00002.png", "00002_Mask.png",
                      "00003_1.png", "Ann/Ann_0001.png"}  # fmt: skip
    assert found["00003.png"] == found["00003_Mask.png"] == ""


def test_a_format_that_is_not_read_is_no_unknown_name(params):
    assert judged(params, ["00001.HEIC", "notes.txt"]) == {
        "00001.HEIC": "other_format", "notes.txt": "unrecognized_name",
    }  # fmt: skip


@pytest.mark.parametrize("reason", ["empty_file", "missing_file", "other_shape"])
def test_of_one_name_the_first_path_that_can_be_read_is_kept(params, reason):
    paths = ["00/00000.png", "00000.png", "00000_Mask.jpg", "01/00000.png"]
    rows = [FACE | {"unreadable": reason}, FACE, MASK, FACE]
    found = judge([recognize(path) for path in paths], rows, params)
    assert found["reasons"].tolist() == [reason, "", "", "duplicate"]


def test_reasons_come_in_the_order_of_the_list(params):
    row = MASK | {"nose_covered": 0, "probability": 0.1, "sharpness": 0}
    entries = [UNMASKED, MASKED]
    assert judge(entries, [FACE, row], params)["reasons"][1] == "low_probability blurred nose_bare"


def test_files_that_accompany_are_neither_kept_nor_rejected(params):
    entries = [recognize("00000_Mask_gt.png"), recognize("transparent/00000_Mask.png"),
               recognize("truth.csv"), Entry("\udcff.png", "unrecognized")]  # fmt: skip
    rows = [
        {"unreadable": ""},
        {"unreadable": "empty_file"},
        {"unreadable": ""},
        {"unreadable": ""},
    ]
    index = judge(entries, rows, params)
    assert index["verdict"].tolist() == ["accompanies", "rejected", "accompanies", "rejected"]
    assert index["path"].tolist()[3] == "\\udcff.png"
