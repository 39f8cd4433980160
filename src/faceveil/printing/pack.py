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
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError
from safetensors import SafetensorError
from safetensors.numpy import load

from faceveil.params.errors import FaceveilError
from faceveil.printing.kinds import kind_of
from faceveil.printing.pages import PAPERS, PrintedDesign, chart_page, instruction_page, piece_page
from faceveil.runtime.atomic import atomic_directory, check_folder, write_json

CARD = "print.json"
"""What marks a folder as a print pack, which a new one may replace."""

NAME = re.compile(r"[A-Za-z0-9._-]{1,32}")

SIDES = (32, 4096)
"""Shortest and longest side of a texture in texels."""

TRAINED = "textures"
"""Name of the tensor ``[K, 3, H, W]`` in the file of a training."""

SHAPE, SAME_SHAPE = 126 / 144, 0.02
"""Height by width of a texture, and how much it may differ."""


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


def read_texture(path: Path, number: int = 0) -> NDArray[np.float32]:
    """Read a texture, float32 ``[3, H, W]`` in [0, 1]; of a training, that of a number."""
    if not path.is_file():
        raise FaceveilError(f"{path}: no such texture; name a .png or .safetensors file")
    if path.suffix not in (".png", ".safetensors"):
        raise FaceveilError(f"{path}: a texture is a .png or .safetensors file; convert it")
    texture = _from_png(path) if path.suffix == ".png" else _from_tensors(path, number)
    if texture.ndim != 3 or texture.shape[0] != 3 or not _fits(*texture.shape[1:]):
        raise FaceveilError(
            f"{path}: its shape is {list(texture.shape)}; a texture is [3, H, W] with sides from "
            f"{SIDES[0]} to {SIDES[1]} and 7 high by 8 wide, as [3, 126, 144]"
        )
    low, high = float(texture.min()), float(texture.max())
    if not (low >= 0 and high <= 1):
        raise FaceveilError(
            f"{path}: its values go from {low:.3g} to {high:.3g}; a texture's are in [0, 1]"
        )
    return texture


def check_replaceable(out: Path) -> None:
    """Refuse a folder that holds anything but an older print pack."""
    check_folder(out)
    if out.is_dir() and any(out.iterdir()) and not (out / CARD).is_file():
        raise FaceveilError(
            f"{out}: holds other things than a print pack ({sorted(out.iterdir())[0].name}); "
            "name another folder, or an empty one"
        )


def _fits(height: int, width: int) -> bool:
    inside = SIDES[0] <= min(height, width) and max(height, width) <= SIDES[1]
    return inside and abs(height / width / SHAPE - 1) <= SAME_SHAPE


def _from_png(path: Path) -> NDArray[np.float32]:
    try:
        with Image.open(path, formats=["PNG"]) as image:
            pixels = np.asarray(image.convert("RGB"))
    except (UnidentifiedImageError, OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise FaceveilError(
            f"{path}: not a PNG that can be read ({error}); write it anew"
        ) from None
    # In order in memory too: safetensors writes the memory of an array as it lies.
    return np.ascontiguousarray(np.moveaxis(np.asarray(pixels / 255, dtype=np.float32), 2, 0))


def _from_tensors(path: Path, number: int) -> NDArray[np.float32]:
    try:
        tensors = load(path.read_bytes())
    except SafetensorError as error:
        raise FaceveilError(f"{path}: not a safetensors file ({error}); write it anew") from None
    if (trained := tensors.get(TRAINED)) is not None:
        if not 0 <= number < len(trained):
            raise FaceveilError(f"{path}: no texture {number}; there are 0 to {len(trained) - 1}")
        return np.asarray(trained[number], dtype=np.float32)
    if len(tensors) != 1:
        raise FaceveilError(
            f"{path}: holds {len(tensors)} tensors ({', '.join(sorted(tensors))[:80]}); a texture "
            "is one"
        )
    return np.asarray(next(iter(tensors.values())), dtype=np.float32)


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
