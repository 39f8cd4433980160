"""A design in, a folder to print a mask from out: not a stage, a command for who wears one."""

from pathlib import Path
from typing import Annotated

import typer

from stages._stage import command


def print_pack(
    texture: Annotated[Path, typer.Argument(help="PNG, or safetensors: one, or a training's")],
    name: Annotated[str, typer.Option(help="id of the design, printed as text and QR code")],
    out: Annotated[Path, typer.Option(help="folder to write")],
    kind: Annotated[str, typer.Option(help="pleated, two_piece or gaiter")] = "pleated",
    paper: Annotated[str, typer.Option(help="a4 or letter")] = "a4",
    number: Annotated[int, typer.Option(help="which texture of a training, best first")] = 0,
) -> None:
    """Write a PDF of all pages, an SVG of each, and a card; an older print pack is replaced."""
    from faceveil.printing.pack import write_pack

    written = write_pack(texture, name, out, kind, paper, number)
    print(f"{out}: {', '.join(path.name for path in written)}; print at 100 %, without scaling")


app = command(print_pack)

if __name__ == "__main__":
    app()
