"""One picture that shows what a rendered collection looks like: a few people, side by side."""

import csv
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from faceveil.data.atomic import atomic_path
from faceveil.params.errors import FaceveilError

SIDE, MARGIN, GAP, BETWEEN, HEADER = 192, 24, 8, 28, 34
INK, PAPER = (40, 40, 44), (255, 255, 255)

Row = dict[str, str]


def write_contact_sheet(root: Path, path: Path, people: int = 12) -> None:
    """Draw the contact sheet of a rendered collection.

    Args:
        root: A folder written by `faceveil.data.rendered.collection.write_collection`.
        path: The PNG to write.
        people: How many people, spread over skin tone and sex-typed shape.

    Raises:
        FaceveilError: If the collection has no truth table.
    """
    table = root / "truth.csv"
    if not table.is_file():
        raise FaceveilError(f"{table} is missing; run the stage synthesize first")
    with table.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    photos = {s: [r for r in rows if r["subject_id"] == s] for s in _spread(rows, people)}
    sheet = _draw(root, photos)
    with atomic_path(path) as temporary:
        sheet.save(temporary)


def _spread(rows: list[Row], people: int) -> list[str]:
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


def _draw(root: Path, photos: dict[str, list[Row]]) -> Image.Image:
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
                pen.text((x, MARGIN), _label(row), fill=INK, font=font)
    return sheet


def _label(row: Row) -> str:
    number = row["image_id"].removesuffix("_Mask").partition("_")[2]
    return {
        "unmasked": "photo",
        "masked": "same photo, masked",
        "further_unmasked": f"further photo {number}",
        "further_masked": f"further photo {number}, masked",
    }[row["kind"]]
