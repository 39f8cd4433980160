"""Translated and untouched photos in; a page that asks people which is which, and its key, out."""

from pathlib import Path
from typing import Annotated

import typer

from stages._stage import UNMASKING, stage


def study(
    curated: Annotated[Path, typer.Option(help="packed faces")],
    transparencies: Annotated[Path, typer.Option(help="where masks are")],
    protocol: Annotated[Path, typer.Option(help="who is judged")],
    translated: Annotated[Path, typer.Option(help="translated photos, a folder per translation")],
    out: Annotated[Path, typer.Option(help="folder of page and key to write")],
) -> None:
    """Write one page that works from the disk: which of these photos did a network change?"""
    from faceveil.params.read import read_section
    from faceveil.params.unmasking import Study
    from faceveil.protection.sources import Sources
    from faceveil.report.study import write_study
    from faceveil.store.protocol import read_roles

    settings = read_section(UNMASKING, "study", Study)
    sources = Sources(curated, transparencies, read_roles(protocol))
    write_study(sources, translated, settings, out)


app = stage(study)

if __name__ == "__main__":
    app()
