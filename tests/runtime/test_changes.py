"""Files that change while they are read are noticed."""

import os

import pytest

from faceveil.params.errors import FaceveilError
from faceveil.runtime.changes import refuse_changes, stamps

NAMES = ("a.png", "b.png")


@pytest.fixture
def root(tmp_path):
    for name in NAMES:
        (tmp_path / name).write_bytes(b"photo")
    (tmp_path / "link.png").symlink_to(tmp_path / "nowhere.png")
    return tmp_path


def test_files_that_stay_are_accepted(root):
    before = stamps(root, [*NAMES, "link.png"])
    assert before["link.png"] is None
    (root / "a.png").read_bytes()
    refuse_changes(root, before, stamps(root, [*NAMES, "link.png"]))


def resized(root):
    status = (root / "b.png").stat()
    (root / "b.png").write_bytes(b"another")
    os.utime(root / "b.png", ns=(status.st_atime_ns, status.st_mtime_ns))


def rewritten(root):
    (root / "b.png").write_bytes(b"PHOTO")
    os.utime(root / "b.png", ns=(1, 1))


@pytest.mark.parametrize("change", [resized, rewritten])
def test_another_size_or_time_is_one_line(root, change):
    before = stamps(root, NAMES)
    change(root)
    with pytest.raises(FaceveilError, match=r"b\.png: changed while .* was read \(1 such files\)"):
        refuse_changes(root, before, stamps(root, NAMES))


@pytest.mark.parametrize(("first", "then", "how"), [("a", "ab", "is new"), ("ab", "a", "removed")])
def test_new_and_removed_files_are_one_line(root, first, then, how):
    before, after = (stamps(root, [f"{name}.png" for name in names]) for names in (first, then))
    with pytest.raises(FaceveilError, match=rf"b\.png: .*{how} while"):
        refuse_changes(root, before, after)


def test_a_new_dangling_link_is_noticed(root):
    with pytest.raises(FaceveilError, match=r"link\.png: is new"):
        refuse_changes(root, stamps(root, NAMES), stamps(root, [*NAMES, "link.png"]))
