"""Faces, projector, recognizers and embeddings in; generators and heads of one experiment out."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stages._ranks import on_ranks
from stages._stage import PARAMS, stage

if TYPE_CHECKING:
    import pandas as pd

    from faceveil.protection.designs.state import State
    from faceveil.tracking.run import Recorder


def train_gan(  # noqa: PLR0913, PLR0917  (the command line in dvc.yaml)
    experiment: Annotated[str, typer.Argument(help="Name in the section experiments.")],
    curated: Annotated[Path, typer.Option(help="Folder of packed faces.")],
    projector: Annotated[Path, typer.Option(help="Folder of the projector.")],
    recognizer: Annotated[Path, typer.Option(help="Folder of the recognizer trained against.")],
    embeddings: Annotated[Path, typer.Option(help="Folder of the recognizer's stored features.")],
    partners: Annotated[Path, typer.Option(help="Folder of further recognizers, by name.")],
    out: Annotated[Path, typer.Option(help="Folder to write, whole: one folder per training.")],
    curves: Annotated[Path, typer.Option(help="CSV to write: values by training and epoch.")],
    figure: Annotated[Path, typer.Option(help="PNG to write: the first training's designs.")],
) -> None:
    """Train generators against the recognizer, and further ones, as one experiment says."""
    from contextlib import ExitStack

    import pandas as pd

    from faceveil.params.experiments import read_gan_training
    from faceveil.protection.designs.inputs import InputFolders, read_inputs
    from faceveil.protection.designs.mask_gan import trained
    from faceveil.protection.designs.state import write_trainings
    from faceveil.report.figures.curves import curve_table, write_curves
    from faceveil.report.figures.evolution import draw_evolution
    from faceveil.runtime.device import pick_device
    from faceveil.runtime.ranks import joined, present_ranks
    from faceveil.runtime.seeding import seed_everything
    from faceveil.tracking.run import track

    settings = read_gan_training(PARAMS, experiment)
    folders = InputFolders(curated, projector, recognizer, embeddings, partners)
    with joined(pick_device()) as device, ExitStack() as opened:
        run = None  # all ranks train, the first alone records and writes
        if present_ranks().leads:
            run = opened.enter_context(track("train_gan", settings, experiment=experiment))
        seed_everything(settings.seed)
        inputs = read_inputs(settings, folders, device)
        if run:
            run.dataset("curated", curated / "masked" / "rows.parquet")
        report = run.metrics if run else lambda *_: None
        with trained(settings, inputs, lambda epoch, values: report(values, epoch)) as states:
            if run is None:
                return
            card = {"experiment": experiment, "inputs": inputs.fingerprints}
            write_trainings(out, states, card | {"subjects": inputs.data.counts()})
            tables = {number: curve_table(state.curves) for number, state in enumerate(states)}
            table = pd.concat(tables, names=["training"]).reset_index("training")
            write_curves(table, curves)
            draw_evolution(states[0].sheets, figure, f"Designs of {experiment} by epoch")
        run.figure(figure)
        _record(run, out, states, tables)


def _record(
    run: "Recorder", out: Path, states: "list[State]", tables: "dict[int, pd.DataFrame]"
) -> None:
    """Record weights and cards by training, curves, and designs of the first by epoch."""
    from tempfile import TemporaryDirectory

    from faceveil.report.figures.curves import draw_curves
    from faceveil.report.figures.evolution import write_sheets
    from faceveil.store.weights import fingerprint
    from faceveil.tracking.restore import WEIGHTS_TAG

    run.tag(WEIGHTS_TAG, fingerprint(out / "0" / "generator.safetensors"))
    for number in tables:
        for name in ("generator.safetensors", "head.safetensors", "card.json"):
            run.artifact(out / str(number) / name, str(number))
    with TemporaryDirectory() as folder:
        named = {f"training {number}": table for number, table in tables.items()}
        draw_curves(named, Path(folder) / "curves.png")
        run.figure(Path(folder) / "curves.png")
        for epoch, path in write_sheets(states[0].sheets, Path(folder)).items():
            run.image(path, key="design", step=epoch)


app = stage(on_ranks(train_gan))

if __name__ == "__main__":
    app()
