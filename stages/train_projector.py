"""Annotated photos in; the projector, its accuracy and a picture of what it sees out."""

from pathlib import Path
from typing import Annotated

import typer

from stages._stage import PARAMS, stage


def train_projector(
    curated: Annotated[Path, typer.Option(help="Folder of packed faces.")],
    out: Annotated[Path, typer.Option(help="Folder to write, whole: the projectors.")],
    metrics: Annotated[Path, typer.Option(help="JSON to write: how well masks are found.")],
    figure: Annotated[Path, typer.Option(help="PNG to write: what the projectors see.")],
) -> None:
    """Train both projectors to see where masks are, and measure them on people they never saw."""
    from faceveil.params.read import read_section
    from faceveil.params.train_projector import TrainProjector
    from faceveil.report.figures.projector import projector_figure
    from faceveil.runtime.atomic import write_json
    from faceveil.runtime.device import pick_device
    from faceveil.runtime.seeding import seed_everything
    from faceveil.tracking.run import track
    from faceveil.wearing.projector import ARCHITECTURES, WEIGHTS
    from faceveil.wearing.train_projector import train_projectors, write_projectors

    settings = read_section(PARAMS, "train_projector", TrainProjector)
    with track("train_projector", settings) as run:
        seed_everything(settings.seed)
        projectors = train_projectors(
            curated, settings, pick_device(), lambda epoch, values: run.metrics(values, step=epoch)
        )
        write_projectors(out, projectors, settings)
        measured = {"architecture": settings.architecture, **projectors.measured}
        write_json(metrics, measured)
        projector_figure(figure, projectors)
        run.metrics(
            {f"{a}/{n}": measured[a][n] for a in ARCHITECTURES for n in ("iou", "mse", "leak")}
        )
        run.dataset("annotated", curated / "annotated" / "rows.parquet")
        run.figure(figure)
        run.artifact(out / WEIGHTS)


app = stage(train_projector)

if __name__ == "__main__":
    app()
