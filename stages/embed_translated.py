"""Translated photos and all recognizers in; what each of them sees out."""

from pathlib import Path
from typing import Annotated

import typer

from stages._stage import PARAMS, stage


def embed_translated(
    translated: Annotated[Path, typer.Option(help="folder of stores of translated photos")],
    curated: Annotated[Path, typer.Option(help="packed faces")],
    recognizers: Annotated[Path, typer.Option(help="folder of the recognizers' folders")],
    out: Annotated[Path, typer.Option(help="folder of embeddings to write, one per store")],
) -> None:
    """Let every recognizer look at every translated photo once."""
    from faceveil.params.embed import Embed
    from faceveil.params.read import read_names, read_section
    from faceveil.recognition.embedding import embed_protected as embed
    from faceveil.recognition.recognizer import open_recognizer
    from faceveil.runtime.atomic import atomic_directory
    from faceveil.runtime.device import pick_device

    settings, device = read_section(PARAMS, "embed", Embed), pick_device()
    names = read_names(PARAMS, "recognizers")
    opened = [open_recognizer(recognizers / name, device) for name in names]
    with atomic_directory(out) as folder:
        for store in sorted(translated.iterdir()):
            embed(curated, store, opened, folder / store.name, settings.batch_size)


app = stage(embed_translated)

if __name__ == "__main__":
    app()
