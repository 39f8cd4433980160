"""Photos compared by their pixels: the same one twice, and the same one of two people.

"Another photo" and "other people" are promises about what a photo shows, which no name can keep.
Pixels are compared exactly: a copy under another name, in another file format without loss or with
other words in its file is found, one that was compressed or resized anew is not.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

REPEATED, OF_TWO_PEOPLE = "repeated_photo", "of_two_people"
"""Why a photo is left out: an earlier one of the person is the same; somebody else has it too."""


def content_of(photo: NDArray[np.uint8]) -> str:
    """Return what two photos, uint8 ``[H, W, 3]``, have in common only if all pixels are equal."""
    found = hashlib.blake2b(f"{photo.shape}".encode(), digest_size=16)
    found.update(np.ascontiguousarray(photo).data)
    return found.hexdigest()


def compare(photos: Iterable[tuple[str, str]]) -> list[str]:
    """Say which photos may be used, so that none is used twice.

    Args:
        photos: whose each is, and its content; empty if not known, which is equal to none.

    Returns:
        For each, in their order, why it is left out; empty if it is used.
    """
    ordered = list(photos)
    owners: dict[str, set[str]] = defaultdict(set)
    for owner, content in ordered:
        owners[content].add(owner)
    against, seen = [], set()
    for _, content in ordered:
        shared = len(owners[content]) > 1
        why = OF_TWO_PEOPLE if shared else REPEATED if content in seen else ""
        against.append(why if content else "")
        seen.add(content)
    return against
