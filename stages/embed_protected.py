"""Protected photos and all recognizers in; what each of them sees out."""

from pathlib import Path
from typing import Annotated

import typer

from stages._stage import PARAMS, stage


def embed_protected(
    protected: Annotated[Path, typer.Option(help="protected photos")],
    curated: Annotated[Path, typer.Option(help="packed faces")],
    recognizers: Annotated[Path, typer.Option(help="folder of the recognizers' folders")],
    out: Annotated[Path, typer.Option(help="folder of embeddings to write")],
) -> None:
    """Let every recognizer look at every photo of a store once."""
    from faceveil.params.embed import Embed
    from faceveil.params.read import read_names, read_section
    from faceveil.recognition.embedding import embed_protected as embed
    from faceveil.recognition.recognizer import open_recognizer
    from faceveil.runtime.device import pick_device

    settings = read_section(PARAMS, "embed", Embed)
    names, device = read_names(PARAMS, "recognizers"), pick_device()
    opened = [open_recognizer(recognizers / name, device) for name in names]
    embed(curated, protected, opened, out, settings.batch_size)


app = stage(embed_protected)

if __name__ == "__main__":
    app()
