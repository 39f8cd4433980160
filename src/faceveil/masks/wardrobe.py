"""The masks there are to put on: the project's own ones, or a folder of cut-outs."""

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from faceveil.collection.images import UnreadableImageError, read_cutout
from faceveil.masks.drawn import draw_template, drawn_names
from faceveil.masks.template import Template, lay_on_head
from faceveil.params.errors import FaceveilError

RENDERED = "rendered"
"""What the project's own templates are called in place of a folder."""


@dataclass(frozen=True)
class Wardrobe:
    """Masks, and which of them a photo gets.

    Attributes:
        templates: ``rendered``, or a folder of PNG files with transparency.
        names: of the masks, sorted.
        seed: of the choice.
    """

    templates: str
    names: tuple[str, ...]
    seed: int

    def choose(self, photo: str) -> str:
        """Return the name of the mask that a photo gets, by a hash of the seed and its path.

        Every photo draws for itself. Did a person wear one mask in all photos, it would tell who
        wears it, and a recognizer that learns from masked photos would learn the mask.
        """
        text = f"{self.seed}:{photo}".encode("utf-8", "surrogateescape")
        number = int.from_bytes(hashlib.sha256(text).digest()[:8], "big")
        return self.names[number % len(self.names)]

    def open(self, name: str) -> Template:
        """Return a mask, spread out over the head; opened once per process.

        Raises:
            FaceveilError: if it cannot be read or shows no mask.
        """
        return _open(self.templates, name)


def open_wardrobe(templates: str, seed: int) -> Wardrobe:
    """Return the masks there are; every one of them can be opened.

    Args:
        templates: ``rendered``, or a folder of PNG files with transparency.
        seed: of the choice.

    Raises:
        FaceveilError: if there is no such folder, no PNG in it, or one that is no cut-out.
    """
    if templates == RENDERED:
        return Wardrobe(templates, drawn_names(), seed)
    folder = Path(templates)
    found = (path.name for path in folder.glob("*") if path.suffix.lower() == ".png")
    names = tuple(sorted(name for name in found if not name.startswith(".")))
    if not names:
        what = "no PNG in it" if folder.is_dir() else "no such folder"
        raise FaceveilError(
            f"put_on_masks.templates: {templates}: {what}; allowed: {RENDERED}, or a folder of "
            "masks cut out as PNG with transparency"
        )
    for name in names:
        _open(templates, name)
    return Wardrobe(templates, names, seed)


@lru_cache(maxsize=64)
def _open(templates: str, name: str) -> Template:
    if templates == RENDERED:
        return lay_on_head(draw_template(name), name)
    path = Path(templates) / name
    try:
        return lay_on_head(read_cutout(path), str(path))
    except UnreadableImageError as reason:
        raise FaceveilError(f"{path}: {reason}; replace it or take it out of the folder") from None
