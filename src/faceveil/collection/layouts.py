"""The images of a collection, found by their names: FFHQ, MaskedFace-Net, identity folders.

The grammar is closed. ``NNNNN`` is the five-digit number of FFHQ, ``<worn>`` one of ``Mask``,
``Mask_Nose_Mouth``, ``Mask_Chin``, ``Mask_Mouth_Chin``, ``Incorrect``; PNG, JPEG or WebP, in any
folder, so that a flat folder, folders by thousand (``00000/00123.png``) and ``CMFD``/``IMFD`` are
alike:

=============================== ======================================================
``NNNNN.png``                   unmasked photo
``NNNNN_<worn>.jpg``            the same photo with a mask
``NNNNN_K.png``                 further photo of the same person, ``K`` one or two digits
``NNNNN_K_<worn>.jpg``          the same further photo with a mask
``transparent/…_<worn>.png``    cut-out of a masked photo's mask: its alpha channel
``coordinates/…_<worn>.png``    mask coordinates of a masked photo, three pictures in one
``…_<worn>_gt.png``             label image of a masked photo: 0 background, 1 face, 2 mask
``P/P_DDDD.png``                photo of background person ``P``, in a folder of that name
``P/P_DDDD_Mask.png``           the same, with a mask
``truth.csv``, in the root      the truth about a rendered collection; no verdict reads it
``people.csv``, in the root     whose photos a collection with masks put on has been made of
=============================== ======================================================

A person's folder has one name in every Unicode form. Anything else is listed as ``unrecognized``,
never skipped; so are hidden files, those in hidden folders (``.Trash-1000/00123.png``), and paths
that are not UTF-8, which no table can hold. Links are followed wherever they lead, since large
collections are linked into a root; nothing is ever written there.
"""

import os
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from faceveil.params.errors import FaceveilError

KINDS = (
    "unmasked", "masked", "further_unmasked", "further_masked", "background", "cutout", "labels",
    "coordinates", "truth", "people", "unrecognized",
)  # fmt: skip
"""What a file of a collection may be."""

CLAIMS = {
    None: "none",
    "Mask": "correct",
    "Mask_Nose_Mouth": "nose_mouth",
    "Mask_Chin": "chin",
    "Mask_Mouth_Chin": "mouth_chin",
    "Incorrect": "incorrect",
}
"""How a mask is worn, by what a file name says: which parts of the face it claims to cover."""

TRUTH = "truth.csv"
PEOPLE = "people.csv"
TABLES = {TRUTH: "truth", PEOPLE: "people"}
FOLDERS = {"transparent": "cutout", "coordinates": "coordinates"}
"""What a PNG of a masked photo's name is in a folder of these names."""
PICTURES = (".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".webp")
OTHER_PICTURES = (
    ".heic", ".heif", ".avif", ".jxl", ".gif", ".bmp", ".tif", ".tiff",
    ".dng", ".cr2", ".cr3", ".nef", ".arw",
)  # fmt: skip
"""What photos are called in formats that are not read."""

_SUFFIX = "|".join(suffix[1:] for suffix in PICTURES)
_WORN = "|".join(sorted((worn for worn in CLAIMS if worn), key=len, reverse=True))
_PHOTO = re.compile(
    rf"(?P<stem>(?P<subject>\d{{5}})(?P<further>_\d{{1,2}})?(_(?P<worn>{_WORN}))?)"
    rf"(?P<labels>_gt)?\.(?P<suffix>{_SUFFIX})",
    re.ASCII | re.IGNORECASE,
)
_PERSON = re.compile(
    rf"(?P<stem>(?P<subject>.+)_\d{{4}}(?P<worn>_Mask)?)\.({_SUFFIX})", re.ASCII | re.IGNORECASE
)
_CANONICAL = {str(worn).lower(): worn for worn in CLAIMS}


@dataclass(frozen=True)
class Entry:
    """One file of a collection.

    Attributes:
        path: relative to the root, with forward slashes.
        kind: one of :data:`KINDS`.
        subject_id: who it claims to show; empty if the name does not say.
        image_id: its name without suffix; for cut-outs, labels and coordinates that of the masked
            photo.
        worn_claim: how the name says a mask is worn, a value of :data:`CLAIMS`.
    """

    path: str
    kind: str
    subject_id: str = ""
    image_id: str = ""
    worn_claim: str = "none"

    @property
    def partner_id(self) -> str:
        """The ``image_id`` of the same photo without the mask."""
        return unmasked_id(self.image_id)


def unmasked_id(image_id: str) -> str:
    """Return the ``image_id`` of the same photo without the mask: ``00000`` for ``00000_Mask``."""
    return re.sub(rf"_({_WORN})$", "", image_id)


def find_images(root: Path) -> list[Entry]:
    """List every file below a root by what its name says, sorted by path."""
    if not root.is_dir():
        found = "a file" if root.exists() else "nothing"
        raise FaceveilError(
            f"{root}: expected the folder of a collection, found {found}; set curate.root in "
            "params.yaml to a folder of FFHQ and MaskedFace-Net images, or run `dvc repro`"
        )
    return [recognize(path) for path in sorted(files_below(root))]


def recognize(path: str) -> Entry:
    """Say what a file is by its path relative to the root."""
    pure = PurePosixPath(path)
    if is_hidden(pure) or not is_text(path):
        return Entry(path, "unrecognized")
    if path in TABLES:
        return Entry(path, TABLES[path])
    if photo := _PHOTO.fullmatch(pure.name):
        return _photo(path, photo)
    person = _PERSON.fullmatch(one_form(pure.name))
    if person and person["subject"] == one_form(pure.parent.name):
        claim = CLAIMS["Mask" if person["worn"] else None]
        return Entry(path, "background", person["subject"], person["stem"], claim)
    return Entry(path, "unrecognized")


def one_form(name: str) -> str:
    """Return a name in one Unicode form: a Mac and a Linux machine write ``ë`` differently."""
    return unicodedata.normalize("NFC", name)


def is_hidden(path: PurePosixPath) -> bool:
    """Return whether a path relative to the root is that of a hidden file or leads through one."""
    return any(part.startswith(".") for part in path.parts)


def is_text(path: str) -> bool:
    """Return whether a path is UTF-8: bytes that are not are surrogates in it."""
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


def _photo(path: str, photo: re.Match[str]) -> Entry:
    worn = _CANONICAL[photo["worn"].lower()] if photo["worn"] else None
    image_id = f"{photo['subject']}{photo['further'] or ''}{f'_{worn}' if worn else ''}"
    entry = Entry(path, "unmasked", photo["subject"], image_id, CLAIMS[worn])
    is_png = photo["suffix"].lower() == "png"
    told = {FOLDERS[name] for name in PurePosixPath(path).parts[:-1] if name in FOLDERS}
    told |= {"labels"} if photo["labels"] else set()
    if told:
        alone = worn and is_png and len(told) == 1
        return replace(entry, kind=told.pop()) if alone else Entry(path, "unrecognized")
    kind = "masked" if worn else "unmasked"
    return replace(entry, kind=f"further_{kind}" if photo["further"] else kind)


def files_below(root: Path) -> Iterator[str]:
    """Yield the paths of all files below a root, through links, each folder once."""
    seen: set[str] = set()
    for folder, folders, files in os.walk(root, onerror=_raise, followlinks=True):
        real = os.path.realpath(folder)
        if real in seen:  # a link back up would go round for ever
            folders.clear()
            continue
        seen.add(real)
        folders.sort()
        for name in files:
            yield (Path(folder) / name).relative_to(root).as_posix()


def _raise(error: OSError) -> None:
    raise error
