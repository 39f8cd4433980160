"""Masked photos and the projector in; where the mask is on each of them out."""

from pathlib import Path
from typing import Annotated

import typer

from stages._stage import PARAMS, stage


def project(
    curated: Annotated[Path, typer.Option(help="packed faces")],
    projector: Annotated[Path, typer.Option(help="the projector")],
    out: Annotated[Path, typer.Option(help="folder of transparencies to write")],
) -> None:
    """Find the mask on every masked photo, once for all who wear something there."""
    from faceveil.params.project import Project
    from faceveil.params.read import read_section
    from faceveil.runtime.device import pick_device
    from faceveil.wearing.transparencies import write_transparencies

    settings = read_section(PARAMS, "project", Project)
    write_transparencies(curated, projector, settings.transparency, pick_device(), out)


app = stage(project)

if __name__ == "__main__":
    app()
