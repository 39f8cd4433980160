"""Faces and recognizers in; the generators and heads of all trainings of one experiment out."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stages._ranks import on_ranks
from stages._stage import PARAMS, stage

if TYPE_CHECKING:
    import pandas as pd

    from faceveil.protection.designs.state import State
    from faceveil.tracking.run import Recorder


def train_gan(  # noqa: PLR0913, PLR0917  (the paths are the stage's inputs, one by one)
    experiment: Annotated[str, typer.Argument(help="an entry of section experiments")],
    curated: Annotated[Path, typer.Option(help="packed faces")],
    transparencies: Annotated[Path, typer.Option(help="where masks are")],
    protocol: Annotated[Path, typer.Option(help="who enrolls and who probes")],
    recognizers: Annotated[Path, typer.Option(help="folder of the recognizers' folders")],
    embeddings: Annotated[Path, typer.Option(help="embeddings of bare faces")],
    out: Annotated[Path, typer.Option(help="folder of trainings to write")],
    curves: Annotated[Path, typer.Option(help="CSV to write: values of each epoch")],
    figure: Annotated[Path, typer.Option(help="PNG to write: designs by epoch")],
) -> None:
    """Train generators against the target, and surrogates, by the rules of one experiment."""
    from contextlib import ExitStack

    from faceveil.params.gan_training import read_gan_training
    from faceveil.params.recognizers import read_target
    from faceveil.protection.designs.inputs import InputFolders, read_inputs
    from faceveil.protection.designs.mask_gan import trained
    from faceveil.protection.designs.state import write_curves, write_trainings
    from faceveil.report.figures.evolution import draw_evolution
    from faceveil.runtime.device import pick_device
    from faceveil.runtime.ranks import joined, present_ranks
    from faceveil.runtime.seeding import seed_everything
    from faceveil.tracking.run import track

    settings, target = read_gan_training(PARAMS, experiment), read_target(PARAMS)
    folders = InputFolders(curated, transparencies, protocol, recognizers, embeddings)
    with joined(pick_device()) as device, ExitStack() as opened:
        run = None  # all ranks train, the first alone records and writes
        if present_ranks().leads:
            run = opened.enter_context(track("train_gan", settings, experiment=experiment))
        seed_everything(settings.seed)
        inputs = read_inputs(settings, target, folders, device)
        report = run.metrics if run else lambda *_: None
        with trained(settings, inputs, lambda epoch, values: report(values, epoch)) as states:
            if run is None:
                return
            card = {"experiment": experiment, "target": target, "inputs": inputs.fingerprints}
            write_trainings(out, states, card | {"subjects": inputs.data.counts()})
            table = write_curves(curves, [state.curves for state in states])
            draw_evolution(states[0].sheets, figure, f"Designs of {experiment} by epoch")
        run.dataset("curated", curated / "masked" / "rows.parquet")
        run.figure(figure)
        _record(run, out, states[0], table)


def _record(run: "Recorder", out: Path, first: "State", table: "pd.DataFrame") -> None:
    """Record weights and curves and, by epoch, designs of the first training."""
    from tempfile import TemporaryDirectory

    from faceveil.report.figures.curves import draw_curves
    from faceveil.report.figures.evolution import write_sheets
    from faceveil.store.weights import fingerprint
    from faceveil.tracking.restore import WEIGHTS_TAG

    run.tag(WEIGHTS_TAG, fingerprint(out / "0" / "generator.safetensors"))
    for file in sorted(out.glob("*/*")):
        run.artifact(file, file.parent.name)
    with TemporaryDirectory() as folder:
        draw_curves(table, Path(folder) / "curves.png")
        run.figure(Path(folder) / "curves.png")
        for epoch, path in write_sheets(first.sheets, Path(folder)).items():
            run.image(path, key="design", step=epoch)


app = stage(on_ranks(train_gan))

if __name__ == "__main__":
    app()
