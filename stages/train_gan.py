"""Faces, projector, recognizer and embeddings in; the generator and head of one experiment out."""

from pathlib import Path
from typing import TYPE_CHECKING

from stages._ranks import on_ranks
from stages._stage import PARAMS, stage

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from faceveil.tracking.run import Recorder


def train_gan(  # noqa: PLR0913, PLR0917  (the command line in dvc.yaml)
    experiment: str,
    curated: Path,
    projector: Path,
    recognizer: Path,
    embeddings: Path,
    partners: Path,
    out: Path,
    curves: Path,
    figure: Path,
) -> None:
    """Train a generator against the recognizer, and partners, by the rules of one experiment."""
    from contextlib import ExitStack

    from faceveil.params.file import read_params
    from faceveil.protection.designs.gan_inputs import Places, read_inputs
    from faceveil.protection.designs.mask_gan import train_mask_gan
    from faceveil.protection.designs.state import write_players
    from faceveil.report.figures.curves import curve_table, write_curves
    from faceveil.report.figures.evolution import draw_evolution
    from faceveil.runtime.checkpoints import scratch_checkpoint
    from faceveil.runtime.device import pick_device
    from faceveil.runtime.ranks import joined, present_ranks
    from faceveil.runtime.seeding import seed_everything
    from faceveil.tracking.run import track

    game = read_params(PARAMS).game(experiment)
    places = Places(curated, projector, recognizer, embeddings, partners)
    with joined(pick_device()) as device, ExitStack() as opened:
        run = None  # all ranks train, the first alone records and writes
        if present_ranks().leads:
            run = opened.enter_context(track("train_gan", game, experiment=experiment))
        seed_everything(game.seed)
        inputs = read_inputs(game, places, device)
        if run:
            run.dataset("curated", curated / "masked" / "rows.parquet")
        key = {"game": game.model_dump(mode="json"), **inputs.fingerprints}
        checkpoint = scratch_checkpoint("train_gan", key)
        players = train_mask_gan(
            game,
            inputs.people,
            inputs.recognizer,
            checkpoint,
            lambda epoch, values: run and run.metrics(values, step=epoch),
            inputs.partners,
        )
        if run is None:
            return
        card = {"experiment": experiment, "inputs": inputs.fingerprints}
        write_players(out, players, card | {"people": inputs.people.counts()})
        table = curve_table(players.curves)
        write_curves(table, curves)
        draw_evolution(players.sheets, figure, f"Designs of {experiment} by epoch")
        checkpoint.delete()
        run.figure(figure)
        _record(run, experiment, out, players.sheets, table)


def _record(
    run: "Recorder",
    experiment: str,
    out: Path,
    sheets: "dict[int, NDArray[np.uint8]]",
    table: "pd.DataFrame",
) -> None:
    """Record weights, curves and, by epoch, designs."""
    from tempfile import TemporaryDirectory

    from faceveil.report.figures.curves import draw_curves
    from faceveil.report.figures.evolution import write_sheets
    from faceveil.store.weights import fingerprint
    from faceveil.tracking.restore import WEIGHTS_TAG

    run.tag(WEIGHTS_TAG, fingerprint(out / "generator.safetensors"))
    for name in ("generator.safetensors", "head.safetensors", "card.json"):
        run.artifact(out / name)
    with TemporaryDirectory() as folder:
        draw_curves({experiment: table}, Path(folder) / "curves.png")
        run.figure(Path(folder) / "curves.png")
        for epoch, path in write_sheets(sheets, Path(folder)).items():
            run.image(path, key="design", step=epoch)


app = stage(on_ranks(train_gan))

if __name__ == "__main__":
    app()
