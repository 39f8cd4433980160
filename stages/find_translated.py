"""Translated photos in; in which of them detectors find a face out."""

from pathlib import Path
from typing import Annotated

import typer

from stages._stage import PARAMS, stage


def find_translated(
    translated: Annotated[Path, typer.Option(help="folder of a translation's stores")],
    out: Annotated[Path, typer.Option(help="Parquet file to write, a row per photo")],
) -> None:
    """Let MTCNN look for faces where a mask was put on, and where a plain one was taken off."""
    from faceveil.params.curate import Curate
    from faceveil.params.read import read_section
    from faceveil.params.unmasking import PLAIN
    from faceveil.protection.found_faces import look_for_faces
    from faceveil.store.found_faces import write_found
    from faceveil.store.translated import PUT_ON

    least = read_section(PARAMS, "curate", Curate).min_face_probability
    found = look_for_faces(translated, [PUT_ON, PLAIN], ["mtcnn"], least)
    write_found(out, found)


app = stage(find_translated)

if __name__ == "__main__":
    app()
