"""An experiment's designs in; what people look like in their designs out."""

from pathlib import Path
from typing import Annotated

import typer

from stages._stage import PARAMS, stage


def protect_designs(  # noqa: PLR0913, PLR0917  (the paths are the stage's inputs, one by one)
    experiment: Annotated[str, typer.Argument(help="an entry of section experiments")],
    designs: Annotated[Path, typer.Option(help="its trainings")],
    curated: Annotated[Path, typer.Option(help="packed faces")],
    transparencies: Annotated[Path, typer.Option(help="where masks are")],
    protocol: Annotated[Path, typer.Option(help="who probes with which photo")],
    embeddings: Annotated[Path, typer.Option(help="embeddings of bare faces")],
    out: Annotated[Path, typer.Option(help="folder of protected photos to write")],
) -> None:
    """Put the designs, and what is made of them, on the photos that probe or are learned from."""
    from faceveil.params.protect import Protect
    from faceveil.params.read import read_section
    from faceveil.protection.designs.protect import protect_designs as protect
    from faceveil.protection.sources import Sources
    from faceveil.store.protocol import read_roles

    sources = Sources(curated, transparencies, read_roles(protocol))
    settings = read_section(PARAMS, "protect", Protect)
    protect(experiment, designs, sources, settings, out, embeddings)


app = stage(protect_designs)

if __name__ == "__main__":
    app()
