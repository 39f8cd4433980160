"""A survey as tables for a terminal, and whether curation could find enough people in it."""

from collections import Counter
from collections.abc import Sequence

from faceveil.collection.layouts import KINDS, TABLES
from faceveil.collection.survey import CORRECTLY, NO_IMAGES, OTHERWISE, File, Survey, findings
from faceveil.params.curate import Curate
from faceveil.params.errors import FaceveilError

PUBLISHED = {"unmasked": 70_000, CORRECTLY: 67_049, OTHERWISE: 66_734}
"""Files of the whole sets: FFHQ, and MaskedFace-Net's folders CMFD and IMFD, as their pages say
(https://github.com/NVlabs/ffhq-dataset, https://github.com/cabani/MaskedFace-Net)."""

GROUPS = tuple(
    group for kind in KINDS for group in ((CORRECTLY, OTHERWISE) if kind == "masked" else (kind,))
)

NUMBERS = ("files", "people", "whole set", "bytes", "unreadable", "not RGB")
"""Columns that stand on the right."""

FEW = 3
"""Sizes and paths that are shown of many."""

WHAT_TO_DO = {
    "no masked photo of it": "left out",
    "no unmasked photo of it": "left out",
    "other shape than unmasked": "left out: not the same photo",
    "other size than unmasked": "resized",
    "other shape than masked photo": "left out: its photo is measured without",
    "same photo again": "the first path is used",
    "name is not UTF-8": "left out; rename it",
    "unrecognized name": "left out",
    "folder that is a link": "read, but `dvc repro` notices no change in it",
}
"""What curation does about a finding; what is unreadable is left out."""

Row = tuple[str, ...]


def survey_text(surveyed: Survey) -> str:
    """Return what a collection holds as one table, and what is the matter with it as another."""
    total = _bytes(sum(file.size for file in surveyed.files))
    head = f"{surveyed.root}: {len(surveyed.files):,} files, {total}"
    titles = ("kind", "files", "people", "whole set", "bytes", "unreadable", "not RGB", "sizes")
    rows = [_row(surveyed, group) for group in GROUPS if surveyed.of(group)]
    parts = [head, _table([titles, *rows])]
    if found := findings(surveyed):
        parts.append(_table([("what", "files", "curate", "the first"), *_found(found)]))
    return "\n\n".join(parts)


def outlook(surveyed: Survey, params: Curate) -> str:
    """Return one line that says that there may be enough pairs.

    A pair counts if both photos can be read, have one shape, and the mask is worn correctly by its
    name: what curation rejects of these is not known before it has looked at them.

    Raises:
        FaceveilError: if there are too few; says what to do.
    """
    wanted = params.people + params.spare_people
    pairs, others = len(surveyed.paired(CORRECTLY)), len(surveyed.paired(OTHERWISE))
    if pairs >= wanted:
        return (
            f"enough: {pairs:,} people have a pair, {wanted:,} are wanted (curate.people + "
            f"curate.spare_people); curate may reject {pairs - wanted:,} of them"
        )
    if not surveyed.files:
        raise FaceveilError(f"{surveyed.root}: empty; docs/data.md says what to put there")
    folders, photos = surveyed.by_person()
    if not pairs and not surveyed.of("unmasked", CORRECTLY, OTHERWISE) and folders:
        raise FaceveilError(
            f"{surveyed.root}: no pairs, but {photos:,} photos in {folders:,} folders; if that is "
            "a collection by person, put masks on it with the stage put_on_masks (docs/data.md, "
            "Collections by person) and check what that wrote"
        )
    worn = f", and {others:,} with a mask that is not worn correctly" if others else ""
    raise FaceveilError(
        f"{surveyed.root}: {pairs:,} people have a pair{worn}, but {wanted:,} are wanted; add "
        "photos (docs/data.md), or lower curate.people or curate.spare_people in params.yaml"
    )


def _row(surveyed: Survey, group: str) -> Row:
    files = surveyed.of(group)
    images = [file for file in files if file.header]
    # A table in the root says that the photos were made here: they are no part of a published set.
    published = 0 if surveyed.of(*TABLES.values()) else PUBLISHED.get(group, 0)
    of_image = group not in NO_IMAGES
    modes = sum(file.header is not None and file.header.mode != "RGB" for file in files)
    photos = of_image and group not in ("cutout", "labels")
    return (
        group,
        f"{len(files):,}",
        f"{len({file.entry.subject_id for file in files}):,}" if of_image else "",
        f"{published:,}" if published else "",
        _bytes(sum(file.size for file in files)),
        f"{len(files) - len(images):,}" if of_image else "",
        f"{modes:,}" if photos else "",
        _sizes(images),
    )


def _sizes(images: Sequence[File]) -> str:
    """Return the commonest sizes with their counts."""
    counts = Counter(f"{file.header.width}x{file.header.height}" for file in images if file.header)
    shown = [f"{size}: {count:,}" for size, count in counts.most_common(FEW)]
    if len(counts) == 1:
        return next(iter(counts))
    rest = [f"{len(counts) - FEW} more"] if len(counts) > FEW else []
    return ", ".join([*shown, *rest])


def _found(found: dict[str, list[str]]) -> list[Row]:
    return [
        (
            what,
            f"{len(paths):,}",
            WHAT_TO_DO.get(what, "left out"),
            ", ".join(_printable(path) for path in paths[:FEW]) + (", …" * (len(paths) > FEW)),
        )
        for what, paths in found.items()
    ]


def _printable(path: str) -> str:
    """Return a path on one line, whatever bytes its name has."""
    text = path.encode("utf-8", "backslashreplace").decode()
    return text if text.isprintable() else text.encode("unicode_escape").decode()


def _bytes(count: int) -> str:
    for unit, size in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if count >= size:
            return f"{count / size:.1f} {unit}"
    return f"{count} B"


def _table(rows: Sequence[Row]) -> str:
    """Return rows with columns of one width, without columns that are empty below their title."""
    columns = [column for column in zip(*rows, strict=True) if any(column[1:])]
    aligned = []
    for column in columns:
        width = max(map(len, column))
        pad = str.rjust if column[0] in NUMBERS else str.ljust
        aligned.append([pad(cell, width) for cell in column])
    return "\n".join("  ".join(row).rstrip() for row in zip(*aligned, strict=True))
