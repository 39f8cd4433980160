"""One picture that shows what a collection looks like: a few people, side by side."""

import csv
from collections import defaultdict
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from faceveil.collection.layouts import TRUTH, Entry, find_images
from faceveil.params.errors import FaceveilError
from faceveil.runtime.atomic import atomic_path

SIDE, MARGIN, GAP, BETWEEN, HEADER = 192, 24, 8, 28, 34
INK, PAPER = (40, 40, 44), (255, 255, 255)

LABELS = {
    "unmasked": "photo",
    "masked": "same photo, masked",
    "further_unmasked": "further photo {}",
    "further_masked": "further photo {}, masked",
}
"""What stands above a column, by the kind of its photos."""

Words = dict[str, str]


def write_contact_sheet(root: Path, path: Path, people: int = 12) -> None:
    """Draw the contact sheet of a rendered collection, or of one with masks put on, as PNG.

    People are spread over skin tone and sex-typed shape where they are known, else over their
    numbers.

    Raises:
        FaceveilError: If nobody has a photo with and without mask.
    """
    rendered = (root / TRUTH).is_file()
    sheet = _draw(root, _rendered(root, people) if rendered else _paired(root, people))
    with atomic_path(path) as temporary:
        sheet.save(temporary)


def _rendered(root: Path, people: int) -> dict[str, list[Words]]:
    """Rows of the truth table of a few people, by subject."""
    with (root / TRUTH).open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return {s: [r for r in rows if r["subject_id"] == s] for s in _spread(rows, people)}


def _paired(root: Path, people: int) -> dict[str, list[Words]]:
    """Photos with and without mask of a few people, by subject: two pairs each, else one."""
    entries = [entry for entry in find_images(root) if entry.kind in LABELS]
    bare = {entry.image_id: entry for entry in entries if entry.worn_claim == "none"}
    pairs: dict[str, list[Entry]] = defaultdict(list)
    for entry in sorted(entries, key=lambda entry: entry.partner_id):
        if entry.worn_claim != "none" and entry.partner_id in bare:
            pairs[entry.subject_id] += [bare[entry.partner_id], entry]
    most = min(4, max((len(photos) for photos in pairs.values()), default=0))
    if not most:
        raise FaceveilError(f"{root}: no photo with and without mask; make the collection first")
    able = sorted(subject for subject, photos in pairs.items() if len(photos) >= most)
    groups = np.array_split(np.array(able), min(people, len(able)))
    return {str(group[0]): [vars(e) for e in pairs[group[0]][:most]] for group in groups}


def _spread(rows: list[Words], people: int) -> list[str]:
    """Ids of unflawed people: from light to dark skin, shapes alternating."""
    flawed = {row["subject_id"] for row in rows if row["flaw"]}
    flawed |= {r["subject_id"] for r in rows if r["worn"] not in ("none", "correct")}
    main = [r for r in rows if r["kind"] == "unmasked" and r["subject_id"] not in flawed]
    main.sort(key=lambda row: float(row["skin_tone"]))
    groups = np.array_split(np.arange(len(main)), min(people, len(main)))
    chosen = []
    for number, group in enumerate(groups):
        sign = 1 if number % 2 else -1
        best = max(group, key=lambda i: sign * float(main[i]["sex_typed_shape"]))
        chosen.append(main[best]["subject_id"])
    return chosen


def _draw(root: Path, photos: dict[str, list[Words]]) -> Image.Image:
    """People in two blocks beside each other, their photos in labelled columns."""
    everybody = list(photos.values())
    lines, columns = -(-len(everybody) // 2), len(everybody[0])
    block = columns * (SIDE + GAP) + BETWEEN
    height = 2 * MARGIN + HEADER + lines * (SIDE + GAP) - GAP
    sheet = Image.new("RGB", (2 * MARGIN + 2 * block - BETWEEN - GAP, height), PAPER)
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(15)
    for number, rows in enumerate(everybody):
        left = MARGIN + number // lines * block
        top = MARGIN + HEADER + number % lines * (SIDE + GAP)
        for column, row in enumerate(rows):
            x = left + column * (SIDE + GAP)
            with Image.open(root / row["path"]) as image:
                shown = image.convert("RGB").resize((SIDE, SIDE), Image.Resampling.LANCZOS)
            sheet.paste(shown, (x, top))
            if number % lines == 0:
                number_of_photo = row["image_id"].removesuffix("_Mask").partition("_")[2]
                label = LABELS[row["kind"]].format(number_of_photo)
                pen.text((x, MARGIN), label, fill=INK, font=font)
    return sheet
