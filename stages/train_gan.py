"""Faces, projector, recognizer and embeddings in; the generator and head of one experiment out."""

from pathlib import Path

from stages._stage import PARAMS, stage


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
    from tempfile import TemporaryDirectory

    from faceveil.data.weights import fingerprint
    from faceveil.figures.curves import curve_table, draw_curves, write_curves
    from faceveil.figures.evolution import draw_evolution, write_sheets
    from faceveil.params.file import read_params
    from faceveil.tracking.restore import WEIGHTS_TAG
    from faceveil.tracking.run import track
    from faceveil.training.checkpoints import scratch_checkpoint
    from faceveil.training.device import pick_device
    from faceveil.training.gan_inputs import Places, read_inputs
    from faceveil.training.mask_gan import train_mask_gan
    from faceveil.training.players import write_players
    from faceveil.training.seeding import seed_everything

    game = read_params(PARAMS).game(experiment)
    with track("train_gan", game, experiment=experiment) as run:
        seed_everything(game.seed)
        places = Places(curated, projector, recognizer, embeddings, partners)
        inputs = read_inputs(game, places, pick_device())
        run.dataset("curated", curated / "masked" / "rows.parquet")
        key = {"game": game.model_dump(mode="json"), **inputs.fingerprints}
        checkpoint = scratch_checkpoint("train_gan", key)
        players = train_mask_gan(
            game,
            inputs.people,
            inputs.recognizer,
            checkpoint,
            lambda epoch, values: run.metrics(values, step=epoch),
            inputs.partners,
        )
        card = {"experiment": experiment, "inputs": inputs.fingerprints}
        write_players(out, players, card | {"people": inputs.people.counts()})
        table = curve_table(players.curves)
        write_curves(table, curves)
        draw_evolution(players.sheets, figure, f"Designs of {experiment} by epoch")
        checkpoint.delete()
        run.tag(WEIGHTS_TAG, fingerprint(out / "generator.safetensors"))
        run.figure(figure)
        for name in ("generator.safetensors", "head.safetensors", "card.json"):
            run.artifact(out / name)
        with TemporaryDirectory() as folder:
            draw_curves({experiment: table}, Path(folder) / "curves.png")
            run.figure(Path(folder) / "curves.png")
            for epoch, path in write_sheets(players.sheets, Path(folder)).items():
                run.image(path, key="design", step=epoch)


app = stage(train_gan)

if __name__ == "__main__":
    app()
