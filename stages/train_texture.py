"""Faces and recognizers in; the textures of all trainings of one experiment out."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stages._ranks import on_ranks
from stages._stage import PARAMS, stage

if TYPE_CHECKING:
    from faceveil.params.train_texture import TrainTexture
    from faceveil.tracking.run import Recorder


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
    from contextlib import ExitStack

    from faceveil.protection.designs.state import write_curves
    from faceveil.protection.sources import Sources
    from faceveil.protection.textures.files import as_pictures, write_textures
    from faceveil.protection.textures.inputs import read_task
    from faceveil.protection.textures.optimise import optimise
    from faceveil.protection.textures.training import trained
    from faceveil.recognition.recognizer import open_recognizer
    from faceveil.report.figures.evolution import draw_evolution
    from faceveil.runtime.device import pick_device
    from faceveil.runtime.memory import keep_large_blocks
    from faceveil.runtime.ranks import joined, present_ranks
    from faceveil.runtime.seeding import seed_everything
    from faceveil.store.protocol import read_roles
    from faceveil.tracking.run import track

    keep_large_blocks()
    settings, target, against = _settings(experiment)
    sources = Sources(curated, transparencies, read_roles(protocol))
    with joined(pick_device()) as device, ExitStack() as opened:
        run = None  # all ranks train, the first alone records and writes
        if present_ranks().leads:
            run = opened.enter_context(track("train_texture", settings, experiment=experiment))
        seed_everything(settings.seed)
        folders = (recognizers, embeddings)
        task, inputs = read_task(settings, against, sources, folders, device)
        report = run.metrics if run else lambda *_: None
        with trained(task, inputs, optimise, lambda step, values: report(values, step)) as found:
            if run is None:
                return
            card = {"experiment": experiment, "trained_against": against, "inputs": inputs}
            card |= {"settings": settings.model_dump(mode="json")}
            write_textures(out, found, open_recognizer(recognizers / target, device).head, card)
            write_curves(curves, [one.curves for one in found])
            ends = {0: found[0].starts, settings.steps: found[0].textures}
            sheets = {step: as_pictures(textures) for step, textures in ends.items()}
            draw_evolution(sheets, figure, f"Textures of {experiment}", "step")
        run.dataset("curated", curated / "masked" / "rows.parquet")
        run.figure(figure)
        _record(run, out)


def _settings(experiment: str) -> "tuple[TrainTexture, str, tuple[str, ...]]":
    """Return the settings, the target, and the recognizers to evade, by name."""
    from faceveil.params.experiments import Experiment, read_texture_training
    from faceveil.params.read import read_section
    from faceveil.params.recognizers import read_target

    settings, target = read_texture_training(PARAMS, experiment), read_target(PARAMS)
    chosen = read_section(PARAMS, f"experiments.{experiment}", Experiment)
    return settings, target, chosen.trained_against(target, settings.ensemble)


def _record(run: "Recorder", out: Path) -> None:
    """Record the weights of all trainings."""
    from faceveil.protection.textures.files import TEXTURES
    from faceveil.store.weights import fingerprint
    from faceveil.tracking.restore import WEIGHTS_TAG

    run.tag(WEIGHTS_TAG, fingerprint(out / "0" / TEXTURES))
    for file in sorted(out.glob("*/*")):
        run.artifact(file, file.parent.name)


app = stage(on_ranks(train_texture))

if __name__ == "__main__":
    app()
