"""What is told at the terminal of files that a stage left out: which, why, what to do."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

from faceveil.collection.images import MOST_PIXELS, format_of
from faceveil.store.content import OF_TWO_PEOPLE, REPEATED

SHOWN = 10
"""Names that a line shows of many."""

LOOKS_MASKED = "looks_masked"
"""Why a photo that should be one of a bare face is left out: it seems to show a mask already."""

WHAT = {
    REPEATED: "photos are the same as another one of their person, which is used",
    OF_TWO_PEOPLE: "photos lie with two people and are used for neither; take each from one",
    LOOKS_MASKED: "photos seem to show a mask already and are not used as bare faces",
    "other_format": "photos are in a format that is not read; save them as JPEG or PNG",
    "missing_file": "photos are links that lead nowhere",
    "empty_file": "photos are empty files; copy them again",
    "not_an_image": "photos are no images, whatever their names say",
    "damaged_image": "photos cannot be decoded to their end; copy them again",
    "too_small": "photos are too small to show a face",
    "too_large": f"photos have more than {MOST_PIXELS // 10**6} megapixels; shrink them",
}
"""What is told of files that are left out, by the reason; of others nothing is."""


def remarks(root: Path, files: Iterable[tuple[str, str]]) -> list[str]:
    """Return a line for each reason of :data:`WHAT` that occurs.

    Args:
        root: of the collection.
        files: path below the root, and the reason why the file is left out.
    """
    found: dict[str, list[str]] = defaultdict(list)
    for path, reason in files:
        found[reason].append(path)
    lines = []
    for reason in (reason for reason in WHAT if found[reason]):
        paths = found[reason]
        kinds = [format_of(root / path) for path in paths[:SHOWN]]
        told = [f"{p} ({kind})" if kind else p for p, kind in zip(paths, kinds, strict=False)]
        lines.append(f"{len(paths)} {WHAT[reason]}: {shown(told, len(paths))}")
    return lines


def shown(names: Sequence[str], count: int | None = None) -> str:
    """Return the first names of some, printable whatever bytes they have, and how many more."""
    texts = [name.encode("utf-8", "backslashreplace").decode() for name in names[:SHOWN]]
    more = (len(names) if count is None else count) - len(texts)
    return ", ".join(texts) + (f" and {more} more" if more > 0 else "")
