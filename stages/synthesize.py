"""Render people in FFHQ's and MaskedFace-Net's own layout, and a contact sheet of them."""

from pathlib import Path
from typing import Annotated

import typer

from stages._stage import PARAMS, stage


def synthesize(
    out: Annotated[Path, typer.Option(help="folder to write: photos, cut-outs and truth.csv")],
    contact_sheet: Annotated[Path, typer.Option(help="PNG to write: some of the people")],
) -> None:
    """Render the collection that section ``synthesize`` of params.yaml describes."""
    from faceveil.params.read import read_section
    from faceveil.params.synthesize import Synthesize
    from faceveil.rendering.collection import write_collection
    from faceveil.report.figures.contact_sheet import write_contact_sheet
    from faceveil.tracking.run import track

    params = read_section(PARAMS, "synthesize", Synthesize)
    with track("synthesize", params) as run:
        write_collection(out, params)
        write_contact_sheet(out, contact_sheet)
        run.figure(contact_sheet)


app = stage(synthesize)

if __name__ == "__main__":
    app()
