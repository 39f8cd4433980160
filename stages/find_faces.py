"""Worn photos in; in which of them detectors still find a face out."""

from pathlib import Path
from typing import Annotated

import typer

from stages._stage import PARAMS, stage


def find_faces(
    protected: Annotated[Path, typer.Option(help="folder of the protected photos")],
    out: Annotated[Path, typer.Option(help="Parquet file to write, a row per photo")],
) -> None:
    """Look for faces in what held-out people look like under each protection."""
    from faceveil.collection.yunet import FILE
    from faceveil.params.curate import Curate
    from faceveil.params.read import read_names, read_section
    from faceveil.protection.found_faces import look_for_faces
    from faceveil.store.found_faces import write_found
    from faceveil.store.packaged_file import INSTALL

    names = [*read_names(PARAMS, "protections"), *read_names(PARAMS, "experiments")]
    least, detectors = read_section(PARAMS, "curate", Curate).min_face_probability, ["mtcnn"]
    if FILE.installed:
        detectors.append("yunet")
    else:
        typer.echo(f"find_faces: MTCNN alone looks; for YuNet, {INSTALL}", err=True)
    write_found(out, look_for_faces(protected, names, detectors, least))


app = stage(find_faces)

if __name__ == "__main__":
    app()
