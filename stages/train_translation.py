"""Faces with and without masks in; networks that put masks on and take them off out."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stages._ranks import on_ranks
from stages._stage import PARAMS, UNMASKING, stage

if TYPE_CHECKING:
    from faceveil.protection.translation.samples import Samples
    from faceveil.protection.translation.training import Training, Watch
    from faceveil.tracking.run import Recorder


def train_translation(  # noqa: PLR0913, PLR0917  (the paths are the stage's inputs, one by one)
    translation: Annotated[str, typer.Argument(help="an entry of section translations")],
    curated: Annotated[Path, typer.Option(help="packed faces")],
    transparencies: Annotated[Path, typer.Option(help="where masks are")],
    protocol: Annotated[Path, typer.Option(help="who trains and who is judged")],
    protected: Annotated[Path, typer.Option(help="folder of the protected photos")],
    recognizers: Annotated[Path, typer.Option(help="folder of the recognizers' folders")],
    out: Annotated[Path, typer.Option(help="folder of both directions' weights to write")],
    curves: Annotated[Path, typer.Option(help="CSV to write: terms of each epoch")],
    figure: Annotated[Path, typer.Option(help="PNG to write: photos before and after")],
) -> None:
    """Learn to put masks on and to take them off, from people who train."""
    from contextlib import ExitStack

    from faceveil.params.errors import FaceveilError
    from faceveil.params.read import read_names
    from faceveil.params.unmasking import read_translating
    from faceveil.protection.sources import Sources
    from faceveil.protection.translation.domains import faces_of, in_designs
    from faceveil.protection.translation.learn import (
        learn,
        open_recognizers,
        write_curves,
        write_translation,
    )
    from faceveil.protection.translation.samples import Samples
    from faceveil.protection.translation.training import Watch
    from faceveil.report.figures.evolution import draw_evolution
    from faceveil.runtime.device import pick_device
    from faceveil.runtime.memory import keep_large_blocks
    from faceveil.runtime.ranks import joined, present_ranks
    from faceveil.runtime.seeding import seed_everything
    from faceveil.store.protocol import read_roles
    from faceveil.tracking.run import track

    keep_large_blocks()
    settings, known = read_translating(UNMASKING, translation), read_names(PARAMS, "experiments")
    for name in settings.wearing:
        if name not in known:
            raise FaceveilError(
                f"{UNMASKING}: {settings.SECTION}.wearing of {translation}: no experiment {name!r} "
                f"in {PARAMS}; take it out, or choose from {', '.join(known)}"
            )
    roles = read_roles(protocol)
    sources = Sources(curated, transparencies, roles)
    with joined(pick_device()) as device, ExitStack() as opened:
        run = None  # all ranks train, the first alone records and writes
        if present_ranks().leads:
            run = opened.enter_context(track(settings.SECTION, settings, experiment=translation))
        seed_everything(settings.seed)
        before = open_recognizers(recognizers, settings.before, PARAMS, device)
        faces, samples = faces_of(sources, "train"), Samples(faces_of(sources, roles.choosing))
        faces = in_designs(faces, protected, settings.wearing, settings.seed)
        watch = _watch(run, samples) if run else Watch()
        with learn(settings, faces, before, device, watch) as training:
            if run is None:
                return
            write_translation(out, training, faces, translation, settings)
            write_curves(curves, training)
            sheets = {0: samples.sources(), settings.all_epochs: samples.translated(training)}
            draw_evolution(sheets, figure, f"Translation {translation}")
        run.figure(figure)


def _watch(run: "Recorder", samples: "Samples") -> "Watch":
    """Record each epoch's terms, and what the translators make of a few people by then."""
    from tempfile import TemporaryDirectory

    from faceveil.protection.translation.training import Watch
    from faceveil.report.figures.evolution import write_sheets

    def look(epoch: int, training: "Training") -> None:
        with TemporaryDirectory() as folder:
            sheet = write_sheets({epoch: samples.translated(training)}, Path(folder))
            run.image(sheet[epoch], key="translated", step=epoch)

    return Watch(lambda epoch, values: run.metrics(values, epoch), look)


app = stage(on_ranks(train_translation))

if __name__ == "__main__":
    app()
