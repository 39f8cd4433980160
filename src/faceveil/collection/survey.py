"""What a collection holds, counted before anything heavy starts, as tables for a terminal.

Every file is listed by its name, every image asked for its header; no pixel is looked at unless a
file ends too early, or all are asked for.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path, PurePosixPath

from faceveil.collection.images import (
    LABEL_MODES,
    Header,
    UnreadableImageError,
    read_header,
    same_shape,
)
from faceveil.collection.layouts import KINDS, TABLES, Entry, find_images, is_hidden, is_text
from faceveil.params.curate import Curate
from faceveil.params.errors import FaceveilError
from faceveil.runtime.parallel import map_in_order

CHUNK = 256
"""Files that a process looks at before it hands them over."""

LEAST_CHUNKS = {False: 32, True: 4}
"""Chunks from which on further processes are worth their start: of headers, of whole files."""

NO_IMAGES = (*TABLES.values(), "unrecognized")
PICTURES = (".png", ".jpg", ".jpeg")

CORRECTLY, OTHERWISE = "masked, correctly", "masked, otherwise"


@dataclass(frozen=True)
class File:
    """One file of a collection.

    Attributes:
        entry: what its name says.
        size: in bytes; 0 if it is not there.
        header: what the image says about itself; None if it is no image, or unreadable.
        unreadable: why the file is of no use, one of the reasons of
            :mod:`faceveil.collection.images`; else empty.
    """

    entry: Entry
    size: int
    header: Header | None = None
    unreadable: str = ""

    @property
    def group(self) -> str:
        """Its kind; of masked photos also whether the name says that the mask is worn correctly."""
        if self.entry.kind != "masked":
            return self.entry.kind
        return CORRECTLY if self.entry.worn_claim == "correct" else OTHERWISE


@dataclass(frozen=True)
class Survey:
    """All files of a collection, sorted by path.

    Attributes:
        root: folder of the collection.
        files: what is known of each.
    """

    root: Path
    files: Sequence[File]

    @cached_property
    def groups(self) -> dict[str, list[File]]:
        """Files by group, in the order of their kinds' first appearance in the grammar."""
        groups: dict[str, list[File]] = defaultdict(list)
        for file in self.files:
            groups[file.group].append(file)
        return groups

    @cached_property
    def bare(self) -> dict[str, File]:
        """The first readable photo without mask of each ``image_id``, which makes the pair."""
        bare: dict[str, File] = {}
        for file in self.of("unmasked", "further_unmasked"):
            if file.header:
                bare.setdefault(file.entry.image_id, file)
        return bare

    def of(self, *groups: str) -> list[File]:
        """Return the files of some groups, in the order of the groups."""
        return [file for group in groups for file in self.groups.get(group, [])]

    def paired(self, *groups: str) -> set[str]:
        """Return the people of whom masked photos of these groups fit their photo without mask."""
        return {
            file.entry.subject_id
            for file in self.of(*groups)
            if file.header
            and (bare := self.bare.get(file.entry.partner_id))
            and _same_shape(file, bare)
        }

    def by_person(self) -> tuple[int, int]:
        """Return how many folders hold photos of one person each, and how many photos."""
        folders = Counter(
            PurePosixPath(file.entry.path).parent
            for file in self.of("background", "unrecognized")
            if "/" in file.entry.path and file.entry.path.lower().endswith(PICTURES)
            if not is_hidden(PurePosixPath(file.entry.path))
        )
        return len(folders), folders.total()


def survey(root: Path, whole: bool = False) -> Survey:
    """List and look at all files of a collection, in parallel."""
    entries = find_images(root)
    chunks = [entries[start : start + CHUNK] for start in range(0, len(entries), CHUNK)]
    work = partial(_look_at, root, whole)
    looked = map_in_order(work, chunks, "files looked at", LEAST_CHUNKS[whole])
    return Survey(root, [file for chunk in looked for file in chunk])


def findings(surveyed: Survey) -> dict[str, list[str]]:
    """Return what is missing, unreadable, mismatched or unknown: paths by what is the matter."""
    return {what: paths for what, paths in _findings(surveyed) if paths}


def _findings(surveyed: Survey) -> Iterable[tuple[str, list[str]]]:
    masked = surveyed.of(CORRECTLY, OTHERWISE, "further_masked")
    bare = surveyed.of("unmasked", "further_unmasked")
    ids, partners = _ids(bare), {file.entry.partner_id for file in masked}
    yield "no masked photo of it", [f.entry.path for f in bare if f.entry.image_id not in partners]
    yield "no unmasked photo of it", [f.entry.path for f in masked if f.entry.partner_id not in ids]
    for reason in sorted({file.unreadable for file in surveyed.files} - {""}):
        named = [file.entry.path for file in surveyed.files if file.unreadable == reason]
        yield f"unreadable: {reason}", named
    pairs = [
        (file, surveyed.bare[file.entry.partner_id])
        for file in masked
        if file.header and file.entry.partner_id in surveyed.bare
    ]
    yield "other shape than unmasked", [f.entry.path for f, b in pairs if not _same_shape(f, b)]
    yield "other size than unmasked", [f.entry.path for f, b in pairs if _only_resized(f, b)]
    yield "other shape than masked photo", _misfits(surveyed, masked)
    yield "same photo again", _again(surveyed.files)
    unknown = [file.entry.path for file in surveyed.of("unrecognized")]
    yield "name is not UTF-8", [path for path in unknown if not is_text(path)]
    yield "unrecognized name", [path for path in unknown if is_text(path)]
    yield "folder that is a link", _linked_folders(surveyed)


def _misfits(surveyed: Survey, masked: Iterable[File]) -> list[str]:
    photos: dict[str, File] = {}
    for file in masked:
        if file.header:
            photos.setdefault(file.entry.image_id, file)
    beside = [(file, photos.get(file.entry.image_id)) for file in surveyed.of("labels", "cutout")]
    return [f.entry.path for f, p in beside if f.header and p and not _same_shape(f, p)]


def _linked_folders(surveyed: Survey) -> list[str]:
    """Return the folders below the root that are links; the root itself may be one."""
    parents = {PurePosixPath(file.entry.path).parent for file in surveyed.files}
    folders = {folder for parent in parents for folder in (parent, *parent.parents)}
    inside = folders - {PurePosixPath(".")}
    return sorted(str(folder) for folder in inside if (surveyed.root / folder).is_symlink())


def _look_at(root: Path, whole: bool, entries: Sequence[Entry]) -> list[File]:
    return [_look(root / entry.path, entry, whole) for entry in entries]


def _look(path: Path, entry: Entry, whole: bool) -> File:
    size = path.stat().st_size if path.exists() else 0
    if entry.kind in NO_IMAGES:
        return File(entry, size)
    try:
        header = read_header(path, whole)
    except UnreadableImageError as reason:
        return File(entry, size, unreadable=str(reason))
    if unfit := _unfit(entry, header):
        return File(entry, size, unreadable=unfit)
    return File(entry, size, header)


def _unfit(entry: Entry, header: Header) -> str:
    """Return why a label image or a cut-out is none, as far as its header shows."""
    if entry.kind == "labels" and header.mode not in LABEL_MODES:
        return "not_labels"
    return "not_a_cutout" if entry.kind == "cutout" and not header.transparent else ""


def _ids(files: Iterable[File]) -> set[str]:
    return {file.entry.image_id for file in files}


def _sides(file: File) -> tuple[int, int]:
    return file.header[:2] if file.header else (0, 0)


def _same_shape(file: File, other: File) -> bool:
    return same_shape(_sides(file), _sides(other))


def _only_resized(file: File, other: File) -> bool:
    return _sides(file) != _sides(other) and _same_shape(file, other)


def _again(files: Iterable[File]) -> list[str]:
    seen: set[tuple[str, str]] = set()
    again = []
    for file in files:
        name = (file.entry.kind, file.entry.image_id)
        if not file.header:
            continue
        if name in seen:
            again.append(file.entry.path)
        seen.add(name)
    return again


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

Cells = tuple[str, ...]


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


def _row(surveyed: Survey, group: str) -> Cells:
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
    counts = Counter(f"{file.header.width}x{file.header.height}" for file in images if file.header)
    shown = [f"{size}: {count:,}" for size, count in counts.most_common(FEW)]
    if len(counts) == 1:
        return next(iter(counts))
    rest = [f"{len(counts) - FEW} more"] if len(counts) > FEW else []
    return ", ".join([*shown, *rest])


def _found(found: dict[str, list[str]]) -> list[Cells]:
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


def _table(rows: Sequence[Cells]) -> str:
    """Return rows with columns of one width, without columns that are empty below their title."""
    columns = [column for column in zip(*rows, strict=True) if any(column[1:])]
    aligned = []
    for column in columns:
        width = max(map(len, column))
        pad = str.rjust if column[0] in NUMBERS else str.ljust
        aligned.append([pad(cell, width) for cell in column])
    return "\n".join("  ".join(row).rstrip() for row in zip(*aligned, strict=True))
