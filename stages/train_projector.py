"""Annotated photos in; the projector, its accuracy and a picture of what it sees out."""

from pathlib import Path

from stages._stage import PARAMS, stage


def train_projector(curated: Path, out: Path, metrics: Path, figure: Path) -> None:
    """Train both projectors to see where masks are, and measure them on people they never saw."""
    import json

    from faceveil.params.file import read_params
    from faceveil.report.figures.projector import projector_figure
    from faceveil.runtime.atomic import atomic_path
    from faceveil.runtime.device import pick_device
    from faceveil.runtime.seeding import seed_everything
    from faceveil.tracking.run import track
    from faceveil.wearing.projector import ARCHITECTURES, WEIGHTS
    from faceveil.wearing.train_projector import train_projectors, write_projectors

    settings = read_params(PARAMS).train_projector
    with track("train_projector", settings) as run:
        seed_everything(settings.seed)
        projectors = train_projectors(
            curated, settings, pick_device(), lambda epoch, values: run.metrics(values, step=epoch)
        )
        write_projectors(out, projectors, settings)
        measured = {"architecture": settings.architecture, **projectors.measured}
        with atomic_path(metrics) as temporary:
            temporary.write_text(json.dumps(measured, indent=2) + "\n")
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
