"""Curated faces and a recognizer in; what it sees of every kind of photo out."""

from pathlib import Path
from typing import Annotated

import typer

from stages._ranks import on_ranks
from stages._stage import PARAMS, stage


def embed(
    curated: Annotated[Path, typer.Option(help="packed faces")],
    recognizer: Annotated[Path, typer.Option(help="the recognizer")],
    out: Annotated[Path, typer.Option(help="folder of embeddings to write")],
) -> None:
    """Compute trunk features and embeddings of all curated photos, as Parquet."""
    from faceveil.params.embed import Embed
    from faceveil.params.read import read_section
    from faceveil.recognition.embedding import embed_curated
    from faceveil.runtime.device import pick_device
    from faceveil.runtime.ranks import joined, present_ranks

    params = read_section(PARAMS, "embed", Embed)
    with joined(pick_device()) as device:
        embed_curated(curated, recognizer, out, params, device, present_ranks())


app = stage(on_ranks(embed))

if __name__ == "__main__":
    app()
