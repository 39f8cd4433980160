"""What was left out is told in a line each: how many, why, what to do, which."""

from faceveil.collection import images
from faceveil.collection.remarks import SHOWN, WHAT, remarks, shown


def test_every_reason_of_a_photo_that_cannot_be_read_is_told():
    photos = images.REASONS[: images.REASONS.index("not_labels")]
    assert set(photos) <= WHAT.keys()


def test_a_line_for_each_reason_names_files_and_formats(tmp_path):
    (tmp_path / "1.HEIC").write_bytes(b"\0\0\0\x18ftypheic")
    files = [
        ("1.HEIC", "other_format"),
        ("a.png", "repeated_photo"),
        ("b.png", "blurred"),
        ("c", ""),
    ]
    assert remarks(tmp_path, files) == [
        f"1 {WHAT['repeated_photo']}: a.png",
        "1 photos are in a format that is not read; save them as JPEG or PNG: 1.HEIC (HEIC)",
    ]


def test_many_names_are_counted_and_odd_ones_printable():
    assert shown([f"{n}" for n in range(SHOWN + 2)]).endswith("9 and 2 more")
    assert shown(["J\udcfcrgen"]) == "J\\udcfcrgen"
