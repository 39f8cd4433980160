"""What a collection holds, counted before anything heavy starts, as tables for a terminal.

Every file is listed by its name, every image asked for its header; no pixel is looked at unless a
file ends too early, or all are asked for.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path, PurePosixPath

from faceveil.collection.images import (
    LABEL_MODES,
    SIXTEEN_BIT,
    Header,
    UnreadableImageError,
    read_header,
    same_shape,
)
from faceveil.collection.layouts import (
    KINDS,
    OTHER_PICTURES,
    PICTURES,
    TABLES,
    Entry,
    find_images,
    is_hidden,
    is_text,
)
from faceveil.params.curate import Curate
from faceveil.params.errors import FaceveilError
from faceveil.runtime.parallel import map_in_order

CHUNK = 256
"""Files that a process looks at before it hands them over."""

LEAST_CHUNKS = {False: 32, True: 4}
"""Chunks from which on further processes are worth their start: of headers, of whole files."""

NO_IMAGES = (*TABLES.values(), "unrecognized")

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
    def sides(self) -> tuple[int, int]:
        """Width and height in pixels, of the photo upright; 0 if they are not known."""
        return self.header[:2] if self.header else (0, 0)

    @property
    def group(self) -> str:
        """Its kind; of masked photos also whether the name says that the mask is worn correctly."""
        if self.entry.kind != "masked":
            return self.entry.kind
        return CORRECTLY if self.entry.worn_claim == "correct" else OTHERWISE


@dataclass(frozen=True)
class Survey:
    """All files of a collection, sorted by path."""

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
        """The photo without mask of each ``image_id`` that makes the pair.

        It is the first that can be read and has the shape of a masked photo, else the first.
        """
        shapes: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for file in self.of(CORRECTLY, OTHERWISE, "further_masked"):
            if file.header:
                shapes[file.entry.partner_id].append(file.sides)
        files = self.of("unmasked", "further_unmasked")
        fitting = [
            file
            for file in files
            if file.header
            and any(same_shape(file.sides, sides) for sides in shapes[file.entry.partner_id])
        ]
        return _readable(files) | _readable(fitting)

    def of(self, *groups: str) -> list[File]:
        """Return the files of some groups, in the order of the groups."""
        return [file for group in groups for file in self.groups.get(group, [])]

    def paired(self, *groups: str) -> set[str]:
        """Return the people of whom masked photos of these groups fit their photo without mask."""
        return {
            file.entry.subject_id
            for file in self.of(*groups)
            if file.header and (bare := self.bare.get(file.entry.partner_id))
            if same_shape(file.sides, bare.sides)
        }

    def by_person(self) -> tuple[int, int]:
        """Return how many folders hold photos of one person each, and how many photos."""
        folders = Counter(
            PurePosixPath(file.entry.path).parent
            for file in self.of("background", "unrecognized")
            if "/" in file.entry.path
            and file.entry.path.lower().endswith((*PICTURES, *OTHER_PICTURES))
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
    masked = surveyed.of(CORRECTLY, OTHERWISE, "further_masked")
    bare = surveyed.of("unmasked", "further_unmasked")
    ids, partners = ({file.entry.partner_id for file in files} for files in (bare, masked))
    found = {
        "no masked photo of it": [f for f in bare if f.entry.partner_id not in partners],
        "no unmasked photo of it": [f for f in masked if f.entry.partner_id not in ids],
    }
    for reason in sorted({file.unreadable for file in surveyed.files} - {""}):
        found[f"unreadable: {reason}"] = [f for f in surveyed.files if f.unreadable == reason]
    odd = [
        (file, photo)
        for file in masked
        if file.header and (photo := surveyed.bare.get(file.entry.partner_id))
        if file.sides != photo.sides
    ]
    found["other shape than unmasked"] = [f for f, b in odd if not same_shape(f.sides, b.sides)]
    found["other size than unmasked"] = [f for f, b in odd if same_shape(f.sides, b.sides)]
    photos = _readable(masked)
    found["other shape than masked photo"] = [
        file
        for file in surveyed.of("labels", "cutout")
        if file.header and (photo := photos.get(file.entry.image_id))
        if not same_shape(file.sides, photo.sides)
    ]
    first = {group: _readable(files) for group, files in surveyed.groups.items()}
    for group in ("unmasked", "further_unmasked"):
        first[group] = surveyed.bare
    found["same photo again"] = [
        f for f in surveyed.files if f.header and first[f.group][f.entry.image_id] is not f
    ]
    unknown = surveyed.of("unrecognized")
    found["name is not UTF-8"] = [file for file in unknown if not is_text(file.entry.path)]
    texts = [file for file in unknown if is_text(file.entry.path)]
    other = [f for f in texts if f.entry.path.lower().endswith(OTHER_PICTURES)]
    found["format that is not read"] = other
    found["unrecognized name"] = [file for file in texts if file not in other]
    paths = {what: [file.entry.path for file in files] for what, files in found.items() if files}
    parents = {PurePosixPath(file.entry.path).parent for file in surveyed.files}
    folders = {folder for parent in parents for folder in (parent, *parent.parents)}
    # Below the root: it may be a link itself.
    inside = folders - {PurePosixPath(".")}
    linked = sorted(str(folder) for folder in inside if (surveyed.root / folder).is_symlink())
    return paths | ({"folder that is a link": linked} if linked else {})


def _readable(files: Sequence[File]) -> dict[str, File]:
    """Return the first file of each ``image_id`` that can be read."""
    return {file.entry.image_id: file for file in reversed(files) if file.header}


def _look_at(root: Path, whole: bool, entries: Sequence[Entry]) -> list[File]:
    return [_look(root / entry.path, entry, whole) for entry in entries]


def _look(path: Path, entry: Entry, whole: bool) -> File:
    size = path.stat().st_size if path.exists() else 0
    if entry.kind in NO_IMAGES:
        return File(entry, size)
    try:
        header = read_header(path, whole)
        # A label image or a cut-out is none, as far as its header shows.
        if entry.kind == "labels" and header.mode not in LABEL_MODES:
            raise UnreadableImageError("not_labels")
        if entry.kind == "cutout" and not header.transparent:
            raise UnreadableImageError("not_a_cutout")
        if entry.kind == "coordinates" and header.mode not in SIXTEEN_BIT:
            raise UnreadableImageError("no_coordinates")
    except UnreadableImageError as reason:
        return File(entry, size, unreadable=str(reason))
    return File(entry, size, header)


PUBLISHED = {"unmasked": 70_000, CORRECTLY: 67_049, OTHERWISE: 66_734}
"""Files of the whole sets: FFHQ, and MaskedFace-Net's folders CMFD and IMFD, as their pages say
(https://github.com/NVlabs/ffhq-dataset, https://github.com/cabani/MaskedFace-Net)."""

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
    "same photo again": "the first path that fits is used",
    "format that is not read": "left out; save it as JPEG or PNG",
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
    groups = sorted(surveyed.groups, key=lambda group: (KINDS.index(group.split(",")[0]), group))
    parts = [head, _table([titles, *(_row(surveyed, group) for group in groups)])]
    lines = [("what", "files", "curate", "the first")]
    for what, paths in findings(surveyed).items():
        first = ", ".join(map(_printable, paths[:FEW])) + (", …" if len(paths) > FEW else "")
        lines.append((what, f"{len(paths):,}", WHAT_TO_DO.get(what, "left out"), first))
    return "\n\n".join([*parts, _table(lines)] if len(lines) > 1 else parts)


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
            "a collection by person (a folder is a person), put masks on it with the stage "
            "put_on_masks (docs/data.md, Collections by person) and check what that wrote"
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
    modes = sum(file.header.mode != "RGB" for file in images if file.header)
    photos = of_image and group not in ("cutout", "labels", "coordinates")
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
    counts = Counter(f"{width}x{height}" for width, height in (image.sides for image in images))
    if len(counts) == 1:
        return next(iter(counts))
    shown = [f"{size}: {count:,}" for size, count in counts.most_common(FEW)]
    return ", ".join(shown + [f"{len(counts) - FEW} more"] * (len(counts) > FEW))


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
