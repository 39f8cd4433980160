"""Faces and recognizers in; the texture generators of all trainings of one experiment out."""

from pathlib import Path
from typing import Annotated

import typer

from stages._ranks import on_ranks
from stages._stage import PARAMS, stage


def train_generator(  # noqa: PLR0913, PLR0917  (the paths are the stage's inputs, one by one)
    experiment: Annotated[str, typer.Argument(help="an entry of section experiments")],
    curated: Annotated[Path, typer.Option(help="packed faces")],
    transparencies: Annotated[Path, typer.Option(help="where masks are")],
    protocol: Annotated[Path, typer.Option(help="who enrolls and who probes")],
    recognizers: Annotated[Path, typer.Option(help="folder of the recognizers' folders")],
    embeddings: Annotated[Path, typer.Option(help="embeddings of bare faces")],
    out: Annotated[Path, typer.Option(help="folder of trainings to write")],
    curves: Annotated[Path, typer.Option(help="CSV to write: values of each step")],
    figure: Annotated[Path, typer.Option(help="PNG to write: starts and designs")],
) -> None:
    """Train generators of textures that hide their wearers from the target and from surrogates."""
    from contextlib import ExitStack

    from faceveil.params.experiments import read_generator_training
    from faceveil.params.recognizers import read_target
    from faceveil.protection.designs.state import write_curves
    from faceveil.protection.sources import Sources
    from faceveil.protection.textures.files import as_pictures
    from faceveil.protection.textures.generate import train_generator as train
    from faceveil.protection.textures.generator import WEIGHTS, write_generators
    from faceveil.protection.textures.inputs import read_task
    from faceveil.protection.textures.training import trained
    from faceveil.report.figures.evolution import draw_evolution
    from faceveil.runtime.device import pick_device
    from faceveil.runtime.memory import keep_large_blocks
    from faceveil.runtime.ranks import joined, present_ranks
    from faceveil.runtime.seeding import seed_everything
    from faceveil.store.protocol import read_roles
    from faceveil.store.weights import fingerprint
    from faceveil.tracking.restore import WEIGHTS_TAG
    from faceveil.tracking.run import track

    keep_large_blocks()
    settings = read_generator_training(PARAMS, experiment)
    against = (read_target(PARAMS), *settings.ensemble)
    sources = Sources(curated, transparencies, read_roles(protocol))
    with joined(pick_device()) as device, ExitStack() as opened:
        run = None  # all ranks train, the first alone records and writes
        if present_ranks().leads:
            run = opened.enter_context(track("train_generator", settings, experiment=experiment))
        seed_everything(settings.seed)
        folders = (recognizers, embeddings)
        task, inputs = read_task(settings, against, sources, folders, device)
        report = run.metrics if run else lambda *_: None
        with trained(task, inputs, train, lambda step, values: report(values, step)) as found:
            if run is None:
                return
            target = task.evaded[0].recognizer
            card = {"experiment": experiment, "trained_against": against, "inputs": inputs}
            card |= {"settings": settings.model_dump(mode="json")}
            card |= {"target": {"name": target.name, "fingerprint": target.fingerprint}}
            write_generators(out, found, target.head, card)
            write_curves(curves, [one.curves for one in found])
            before, after = map(as_pictures, found[0].sheets)
            sheets = {0: before, settings.steps: after}
            draw_evolution(sheets, figure, f"Designs of {experiment}, before and after")
        run.dataset("curated", curated / "masked" / "rows.parquet")
        run.figure(figure)
        run.tag(WEIGHTS_TAG, fingerprint(out / "0" / WEIGHTS))
        for file in sorted(out.glob("*/*")):
            run.artifact(file, file.parent.name)


app = stage(on_ranks(train_generator))

if __name__ == "__main__":
    app()
