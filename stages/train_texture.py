"""Faces and recognizers in; the textures of all trainings of one experiment out."""

from pathlib import Path
from typing import Annotated

import typer

from stages._cloth import ClothPaths, train_on_cloth
from stages._ranks import on_ranks
from stages._stage import PARAMS, stage


def train_texture(  # noqa: PLR0913, PLR0917  (the paths are the stage's inputs, one by one)
    experiment: Annotated[str, typer.Argument(help="an entry of section experiments")],
    curated: Annotated[Path, typer.Option(help="packed faces")],
    transparencies: Annotated[Path, typer.Option(help="where masks are")],
    protocol: Annotated[Path, typer.Option(help="who enrolls and who probes")],
    recognizers: Annotated[Path, typer.Option(help="folder of the recognizers' folders")],
    embeddings: Annotated[Path, typer.Option(help="embeddings of bare faces")],
    out: Annotated[Path, typer.Option(help="folder of trainings to write")],
    curves: Annotated[Path, typer.Option(help="CSV to write: values of each step")],
    figure: Annotated[Path, typer.Option(help="PNG to write: starts and textures")],
) -> None:
    """Optimise textures that hide their wearers from the target, from surrogates, or both."""
    from faceveil.params.experiments import read_training
    from faceveil.params.train_texture import TrainTexture
    from faceveil.protection.textures.optimise import optimise

    places = (curated, transparencies, protocol, recognizers, embeddings, out, curves, figure)
    settings = read_training(PARAMS, experiment, TrainTexture)
    train_on_cloth(experiment, settings, ClothPaths(*places), optimise)


app = stage(on_ranks(train_texture))

if __name__ == "__main__":
    app()
