"""A print pack: a folder with all that it takes to print, sew and check one design."""

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.backends.backend_pdf import PdfPages

from faceveil.params.errors import FaceveilError
from faceveil.printing.kinds import kind_of
from faceveil.printing.pages import PAPERS, PrintedDesign, chart_page, instruction_page, piece_page
from faceveil.runtime.atomic import atomic_directory, check_folder, write_json
from faceveil.store.texture_file import read_texture

CARD = "print.json"
"""What marks a folder as a print pack, which a new one may replace."""

NAME = re.compile(r"[A-Za-z0-9._-]{1,32}")


def write_pack(
    texture: Path, name: str, out: Path, kind: str, paper: str, number: int = 0
) -> list[Path]:
    """Write a print pack, whole or not at all: a PDF of all pages, an SVG of each, and a card.

    Args:
        texture: PNG, or safetensors: one tensor ``[3, H, W]`` in [0, 1], or those of a training.
        name: the design's id.
        out: folder that is written; an older print pack in it is replaced.
        kind: ``pleated``, ``two_piece`` or ``gaiter``.
        paper: ``a4`` or ``letter``.
        number: which texture of a training, best first.

    Returns:
        The files, by name.

    Raises:
        FaceveilError: a wrong argument or texture, or ``out`` holds something else.
    """
    made_of, size = kind_of(kind), _paper(paper)
    design = PrintedDesign(_checked_name(name), read_texture(texture, number))
    check_replaceable(out)
    pieces = made_of.pieces()
    with _fixed_bytes(), atomic_directory(out) as folder:
        pages = {
            "instructions": instruction_page(design, made_of.wording, size),
            "chart": chart_page(design, size),
        }
        for piece in pieces:
            page = piece_page(design, made_of.wording.title, piece, size)
            pages[piece.name.replace(" ", "-")] = page
        _write_pages(folder, pages)
        digest = hashlib.sha256(design.texture.tobytes()).hexdigest()
        sizes = {one.name: np.ptp(one.outline, axis=0).round(1).tolist() for one in pieces}
        card = {"design": name, "kind": kind, "paper": paper, "texture_sha256": digest}
        write_json(folder / CARD, {**card, "pages": list(pages), "finished_size_mm": sizes})
    return sorted(out.iterdir())


def check_replaceable(out: Path) -> None:
    """Refuse a folder that holds anything but an older print pack."""
    check_folder(out)
    if out.is_dir() and any(out.iterdir()) and not (out / CARD).is_file():
        raise FaceveilError(
            f"{out}: holds other things than a print pack ({sorted(out.iterdir())[0].name}); "
            "name another folder, or an empty one"
        )


def _checked_name(name: str) -> str:
    if not NAME.fullmatch(name):
        shown = name if len(name) <= 40 else f"{name[:40]}… ({len(name)} characters)"
        raise FaceveilError(
            f"--name: found {shown!r}; allowed are 1 to 32 of the characters A-Z a-z 0-9 . _ -"
        )
    return name


def _paper(name: str) -> tuple[float, float]:
    if name not in PAPERS:
        raise FaceveilError(f"--paper: unknown paper {name!r}; allowed are {', '.join(PAPERS)}")
    return PAPERS[name]


def _write_pages(folder: Path, pages: dict[str, Any]) -> None:
    with PdfPages(folder / "print.pdf", metadata={"CreationDate": None}) as pdf:
        for number, (name, axes) in enumerate(pages.items(), start=1):
            pdf.savefig(axes.figure)
            path = folder / f"{number}-{name}.svg"
            axes.figure.savefig(path, metadata={"Date": None})


@contextmanager
def _fixed_bytes() -> Iterator[None]:
    """Write text as outlines in SVG and as text in PDF, and the same bytes on every run."""
    fixed: Any = {"svg.hashsalt": "faceveil", "svg.fonttype": "path", "pdf.fonttype": 42}
    with mpl.rc_context({**fixed, "font.family": "DejaVu Sans"}):
        yield
