"""A design in, a folder to print a mask from out: not a stage, a command for who wears one."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stages._stage import PARAMS, command

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

GENERATOR = "texture_generator.safetensors"
"""File of a training whose designs a generator draws."""


def print_pack(
    texture: Annotated[Path, typer.Argument(help="PNG, or safetensors: of a training, or one")],
    name: Annotated[str, typer.Option(help="id of the design, printed as text and QR code")],
    out: Annotated[Path, typer.Option(help="folder to write")],
    kind: Annotated[str, typer.Option(help="pleated, two_piece or gaiter")] = "pleated",
    paper: Annotated[str, typer.Option(help="a4 or letter")] = "a4",
    number: Annotated[int, typer.Option(help="which design of a training, from 0")] = 0,
) -> None:
    """Write a PDF of all pages, an SVG of each, and a card; an older print pack is replaced."""
    from faceveil.printing.pack import write_pack

    design = _drawn(texture, number) if texture.name == GENERATOR else texture
    written = write_pack(design, name, out, kind, paper, number)
    print(f"{out}: {', '.join(path.name for path in written)}; print at 100 %, without scaling")


def _drawn(weights: Path, number: int) -> "NDArray[np.float32]":
    """Return the design of a number that a training's generator draws, as it is judged."""
    from faceveil.params.protect import Protect
    from faceveil.params.read import read_section
    from faceveil.printing.pack import check_texture
    from faceveil.protection.designs.drawn import design_of_generator

    settings = read_section(PARAMS, "protect", Protect)
    design = design_of_generator(weights.parent, number, settings)
    return check_texture(weights, design.numpy())


app = command(print_pack)

if __name__ == "__main__":
    app()
