"""The photos of a collection by person: one folder per person, ``Name/any name.jpg``.

A folder is a person, whatever it is called, and a PNG, JPEG or WebP directly in it is a photo. So
is one in a format that is not read: nobody vanishes for it. Folders whose names differ in their
Unicode form alone are one person. People are numbered by the order of their folders' names, as
FFHQ's photos are. Hidden files and folders, files in the root, in folders below a person's and of
other kinds are no photos; they are listed as such.
"""

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from faceveil.collection.images import LARGEST, UnreadableImageError, read_image
from faceveil.collection.layouts import (
    OTHER_PICTURES,
    PICTURES,
    files_below,
    is_hidden,
    one_form,
)
from faceveil.params.errors import FaceveilError
from faceveil.store.content import content_of

MOST_PEOPLE = 100_000
"""Five digits number them."""


@dataclass(frozen=True)
class PersonFolder:
    """One person: five digits, the folder's name, its photos, sorted paths below the root."""

    subject_id: str
    name: str
    photos: tuple[str, ...]


@dataclass(frozen=True)
class Originals:
    """All files of a collection by person, sorted; others are no photos of a person."""

    people: tuple[PersonFolder, ...]
    others: tuple[str, ...]

    @property
    def paths(self) -> list[str]:
        """All files, relative to the root."""
        return [*(photo for person in self.people for photo in person.photos), *self.others]


def find_originals(root: Path) -> Originals:
    """Find the photos of a collection by person."""
    if not root.is_dir():
        found = "a file" if root.exists() else "nothing"
        raise FaceveilError(
            f"{root}: expected a folder with one folder of photos per person, found {found}; "
            "put or link the collection there, or edit put_on_masks.collections in params.yaml"
        )
    paths = sorted(files_below(root))
    photos = [path for path in paths if _is_photo(PurePosixPath(path))]
    by_name: dict[str, list[str]] = defaultdict(list)
    for path in photos:
        by_name[one_form(path.partition("/")[0])].append(path)
    people = tuple(
        PersonFolder(f"{number:05d}", name, tuple(by_name[name]))
        for number, name in enumerate(sorted(by_name))
    )
    if not people:
        example = f", as in {paths[0]!r}" if paths else ""
        loose = paths and "/" not in paths[0]
        advice = "name or link the folder that holds the people's folders"
        raise FaceveilError(
            f"{root}: no photo directly in a person's folder (Name/photo.jpg), but {len(paths)} "
            f"other files{example}; {'give each person a folder' if loose else advice}"
        )
    if len(people) > MOST_PEOPLE:
        raise FaceveilError(f"{root}: {len(people)} people, at most {MOST_PEOPLE}; divide it")
    return Originals(people, tuple(sorted(set(paths) - set(photos))))


def _is_photo(path: PurePosixPath) -> bool:
    known = path.suffix.lower() in (*PICTURES, *OTHER_PICTURES)
    return len(path.parts) == 2 and known and not is_hidden(path)


def read_contents(root: Path, person: PersonFolder) -> list[str]:
    """Return the content of each photo of a person; empty if it cannot be read."""
    return [_content(root / path) for path in person.photos]


def _content(path: Path) -> str:
    try:
        return content_of(read_image(path, LARGEST))
    except UnreadableImageError:
        return ""
