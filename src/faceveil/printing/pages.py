"""The pages of a print pack: instructions, the chart, and one page per piece of cloth."""

import textwrap
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.patches import Rectangle
from matplotlib.patheffects import withStroke

from faceveil.printing import chart
from faceveil.printing.drawing import (
    BODY,
    LINE,
    SMALL,
    TITLE,
    mark,
    new_page,
    picture,
    printed_piece,
    qr_code,
    scale_bar,
    text,
)
from faceveil.printing.instructions import EXPECT, PRINT, WASH, Wording
from faceveil.printing.pieces import Piece, artwork

PAPERS = {"a4": (210.0, 297.0), "letter": (215.9, 279.4)}
"""Width and height in millimetres."""

MARGIN = 15.0
"""Text keeps away from the paper's edge by so much; the chart's and artwork's own places apart."""

HEADER, FOOTER = 40.0, 70.0
"""Height of what stands above and below a piece."""

MARK_AT = 12.0
"""Distance of a page's marks from its edges."""

READ, WORDS = 11.5, 80
"""Size of the instructions in points, and letters in a line of them."""

UPRIGHT = "Printed side up. Print at 100 %, without scaling."


@dataclass(frozen=True)
class PrintedDesign:
    """What is printed.

    Attributes:
        name: its id, as text and QR code.
        texture: float32 ``[3, H, W]`` in [0, 1], as an array.
    """

    name: str
    texture: Any


def instruction_page(design: PrintedDesign, wording: Wording, paper: tuple[float, float]) -> Any:
    """Return the page of instructions."""
    axes = new_page(*paper)
    text(axes, MARGIN, 24, f"{wording.title}: how it is made", fontsize=TITLE, weight="bold")
    text(axes, MARGIN, 31, f"Design {design.name}", fontsize=BODY)
    y = 41.0
    for heading, entries in _sections(wording):
        text(axes, MARGIN, y, heading, weight="bold", fontsize=READ + 1)
        y += LINE * READ / BODY + 0.7
        for entry in entries:
            y = _entry(axes, y, entry)
        y += 2.4
    return axes


def _sections(wording: Wording) -> list[tuple[str, tuple[str, ...]]]:
    steps = tuple(f"{number}. {step}" for number, step in enumerate(wording.steps, start=1))
    return [
        ("You need", (wording.material,)), ("Print", tuple(f"\u2022 {one}" for one in PRINT)),
        ("Sew", steps), ("Wear", (wording.up,)),
        ("What to expect, and what not", tuple(f"\u2022 {one}" for one in EXPECT)),
        ("Wash", (WASH,)),
    ]  # fmt: skip


def _entry(axes: Any, y: float, entry: str) -> float:
    """Write a paragraph, its number or dot set out, and return where the next one begins."""
    first, _, rest = entry.partition(" ")
    numbered = first.rstrip(".").isdecimal() or first == "\u2022"
    if numbered:
        text(axes, MARGIN, y, first, fontsize=READ)
    lines = textwrap.wrap(rest if numbered else entry, WORDS - 3 if numbered else WORDS)
    text(axes, MARGIN + 6 if numbered else MARGIN, y, "\n".join(lines), fontsize=READ)
    return y + len(lines) * LINE * READ / BODY + (0.6 if numbered else 0)


def chart_page(design: PrintedDesign, paper: tuple[float, float]) -> Any:
    """Return the page that :mod:`faceveil.printing.read_print` reads."""
    axes = new_page(*paper)
    left, top = chart_origin(paper)
    for centre in np.add(chart.marks(), (left, top)):
        mark(axes, centre)
    _chart_head(axes, design, left, top)
    for colour, centre in zip(chart.colours(), np.add(chart.patches(), (left, top)), strict=True):
        corner = centre - np.array(chart.PATCH) / 2
        patch = Rectangle(tuple(corner), *chart.PATCH, facecolor=tuple(colour), edgecolor="none")
        axes.add_patch(patch)
    x, y, width, height = chart.SAMPLE
    extent = (left + x, left + x + width, top + y + height, top + y)
    picture(axes, np.moveaxis(design.texture, 0, 2), extent)
    _chart_foot(axes, left + x + width + 10, top + y)
    return axes


def chart_origin(paper: tuple[float, float]) -> tuple[float, float]:
    """Return where the centre of the chart's first mark lies on a page, in millimetres."""
    return (paper[0] - chart.WIDTH) / 2, (paper[1] - chart.HEIGHT) / 2


def _chart_head(axes: Any, design: PrintedDesign, left: float, top: float) -> None:
    text(axes, left + 10, top + 14, "Colour chart", fontsize=TITLE, weight="bold")
    text(axes, left + 10, top + 22, f"Design {design.name}")
    words = (
        "Print this page on the same cloth as the mask.\n"
        "Then photograph or scan all of it, sharp and in\n"
        "even light, without flash and without glare.\n"
        "All round marks must be seen."
    )
    text(axes, left + 10, top + 35, words)
    scale_bar(axes, left + 10, top + 62)
    qr_code(axes, design.name, left + chart.WIDTH - 46, top + 30, 36)


def _chart_foot(axes: Any, x: float, y: float) -> None:
    text(axes, x, y + 5, "Left: the design as it is seen on a screen,\nnot distorted for sewing.")
    words = (
        "Above: 72 patches of known colours. From them\n"
        "`python -m stages.read_print PHOTO --out TABLE`\n"
        "learns what your printer and your cloth make\n"
        "of colours."
    )
    text(axes, x, y + 20, words, fontsize=BODY - 0.5)


def piece_page(
    design: PrintedDesign, title: str, piece: Piece, paper: tuple[float, float], dpi: int = 300
) -> Any:
    """Return the page of a piece; it is larger than the paper where the piece needs it."""
    art = artwork(design.texture, piece, dpi)
    low, high = art.bleed.min(axis=0), art.bleed.max(axis=0)
    width, height = np.maximum(paper, high - low + (8, HEADER + FOOTER))
    axes = new_page(float(width), float(height))
    for x in (MARK_AT, width - MARK_AT):
        for y in (MARK_AT, height - MARK_AT):
            mark(axes, (x, y))
    room = height - HEADER - FOOTER - (high - low)[1]
    by = np.array([(width - low[0] - high[0]) / 2, HEADER + room / 2 - low[1]])
    printed_piece(axes, art, piece.outline, by)
    _fold_marks(axes, piece, by)
    words = (f"{title}: {piece.name}", f"Design {design.name}", f"{UPRIGHT} {piece.note}")
    _piece_texts(axes, design.name, words, (float(width), float(height)))
    for (word, x), y in zip(piece.ends, (low[1] - 2.5, high[1] + 5.5), strict=True):
        text(axes, x + by[0], y + by[1], word, ha="center")
    return axes


def _piece_texts(
    axes: Any, name: str, head: tuple[str, str, str], size: tuple[float, float]
) -> None:
    (width, height), x = size, MARGIN
    y = height - FOOTER + 12
    text(axes, width / 2, 17, head[0], fontsize=TITLE, weight="bold", ha="center")
    text(axes, width / 2, 23.5, head[1], ha="center")
    text(axes, width / 2, 30, head[2], fontsize=SMALL + 1, ha="center")
    qr_code(axes, name, width - MARGIN - 30, y - 2, 28)
    words = "Solid line: cut here. Dashed line: finished edge, sew or turn in here."
    text(axes, x, y + 1, words, fontsize=SMALL)
    scale_bar(axes, x, y + 25)


def _fold_marks(axes: Any, piece: Piece, by: Any) -> None:
    """Draw where to fold, in the allowance only: nothing but the design is on what is seen."""
    letters = {"ridge": "A", "groove": "B", "meets": "C"}
    halo = [withStroke(linewidth=2.2, foreground="white")]
    for line in piece.lines:
        along = (line.ends[1] - line.ends[0]) / np.linalg.norm(line.ends[1] - line.ends[0])
        for end, way in ((line.ends[0], -along), (line.ends[1], along)):
            ends = np.stack([end, end + way * piece.allowance]) + by
            axes.plot(*ends.T, color="black", linewidth=0.9, zorder=5, path_effects=halo)
            x, y = np.add(ends.mean(axis=0), (0, -0.8))
            style = {"ha": "center", "fontsize": SMALL, "weight": "bold", "path_effects": halo}
            text(axes, x, y, letters[line.kind], zorder=6, **style)
    if any(line.kind == "ridge" for line in piece.lines):
        words = "A: fold outward. B: fold back. C: lay A here."
        y = axes.get_ylim()[0] - FOOTER + 18
        text(axes, MARGIN, y, words, fontsize=SMALL)
